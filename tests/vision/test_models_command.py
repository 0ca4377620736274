from pathlib import Path
from typing import TypeVar

import platformdirs
import pytest
from typer.testing import CliRunner, Result

from ostiary.cli.models import app
from ostiary.errors import ModelError
from ostiary.vision.catalogue import (
    CARDS,
    RegistryArchive,
    RegistryWheel,
    Web,
    find_card,
)

Kind = TypeVar("Kind", Web, RegistryArchive, RegistryWheel)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("OSTIARY_MODELS", raising=False)
    return platformdirs.user_cache_path("ostiary") / "models"


def ostiary_models(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def test_the_list_tells_of_every_model(cache: Path) -> None:
    result = ostiary_models("list")
    assert result.exit_code == 0
    for card in CARDS:
        for told in (card.name, card.job, card.licence):
            assert told in result.output
    assert result.output.count("found     no") == len(CARDS)


def test_a_card_tells_all_about_a_model(cache: Path) -> None:
    result = ostiary_models("show")
    assert result.exit_code == 0
    for card in CARDS:
        for told in (card.name, card.job, card.licence, card.training):
            assert told in result.output
        for file in card.files:
            assert f"{file.name}, {file.size:,} bytes\n" in result.output
            assert file.sha256 in result.output


def test_a_card_tells_where_a_model_comes_from(cache: Path) -> None:
    web = ostiary_models("show", "yunet").output
    assert f"source    {source_of('yunet', Web).folder}\n" in web
    assert "retail-0095" not in web
    archive = source_of("dlib-resnet", RegistryArchive)
    registry = ostiary_models("show", "dlib-resnet").output
    for told in (archive.project, archive.version, archive.sha256, archive.folder):
        assert told in registry
    pinned = source_of("face-mesh", RegistryWheel)
    wheel = ostiary_models("show", "face-mesh").output
    for told in (pinned.project, pinned.version, pinned.platform, pinned.sha256):
        assert told in wheel


def source_of(name: str, kind: type[Kind]) -> Kind:
    source = find_card(CARDS, name).source
    assert isinstance(source, kind)
    return source


def test_the_list_tells_where_models_lie(cache: Path, tmp_path: Path) -> None:
    half = cache / "face-reidentification-retail-0095"
    half.mkdir(parents=True)
    (half / "face-reidentification-retail-0095.xml").touch()
    whole = tmp_path / "given" / "yunet"
    whole.mkdir(parents=True)
    (whole / "face_detection_yunet_2023mar.onnx").touch()
    result = ostiary_models("list", "--models", str(tmp_path / "given"))
    assert f"found     {whole}\n" in result.output
    assert f"found     in part, in {half}\n" in result.output


def test_verifying_fails_on_what_is_missing_or_altered(cache: Path) -> None:
    path = cache / "yunet" / "face_detection_yunet_2023mar.onnx"
    missing = ostiary_models("verify", "yunet")
    assert missing.exit_code == 1
    assert missing.output == f"missing       yunet/{path.name}\n"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"altered")
    altered = ostiary_models("verify", "yunet")
    assert altered.exit_code == 1
    assert altered.output == f"wrong-digest  yunet/{path.name}\n"


def test_verifying_looks_at_all_models_unless_told(cache: Path) -> None:
    lines = ostiary_models("verify").output.splitlines()
    assert len(lines) == sum(len(card.files) for card in CARDS)


@pytest.mark.models
def test_verified_models_are_told_as_such(models: str) -> None:
    result = ostiary_models("verify", "yunet", "retail-0095", "--models", models)
    assert result.exit_code == 0
    assert result.output.count("verified") == 3


@pytest.mark.models
def test_pulling_what_is_there_fetches_nothing(models: str, cache: Path) -> None:
    result = ostiary_models("pull", "yunet", "--models", models)
    assert result.exit_code == 0
    assert result.output == "yunet: verified\n"
    assert not cache.exists()


def test_an_unknown_model_is_an_error_of_ours(cache: Path) -> None:
    assert isinstance(ostiary_models("pull", "nobody").exception, ModelError)
