"""Every model that Ostiary knows: what it does, whose it is, where it comes from.

A file is named by its digest, not by its address: whatever brought it here, only the
exact bytes written down below are ever loaded. `docs/models.md` tells the same in prose
and says which of the addresses could be tried.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from ostiary.errors import ModelError


@dataclass(frozen=True, slots=True)
class Web:
    """Files that lie beside one another on a web server.

    Attributes:
        folder: address that the name of each file is put after; https, ends in `/`.
    """

    folder: str


@dataclass(frozen=True, slots=True)
class RegistryArchive:
    """A source archive in the Python package registry; `pip` fetches it.

    Attributes:
        project: its name in the registry.
        version: the exact version.
        sha256: digest of the archive, in hexadecimal.
        folder: where the files lie inside; ends in `/`.
    """

    project: str
    version: str
    sha256: str
    folder: str


@dataclass(frozen=True, slots=True)
class RegistryWheel:
    """A wheel in the Python package registry; `pip` fetches it, nothing installs it.

    Its files are the same for every machine, so one wheel serves all of them.

    Attributes:
        project: its name in the registry.
        version: the exact version.
        python: the version of Python that this one wheel was built for.
        platform: the tag of the platform that it was built for.
        sha256: digest of the wheel, in hexadecimal.
        folder: where the files lie inside; ends in `/`.
    """

    project: str
    version: str
    python: str
    platform: str
    sha256: str
    folder: str


Source: TypeAlias = Web | RegistryArchive | RegistryWheel


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of a model.

    Attributes:
        name: its file name, the same everywhere.
        size: in bytes.
        sha256: its digest, in hexadecimal.
    """

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What is known about one model, or one set of photographs.

    Attributes:
        name: how commands and settings name it.
        job: what it is for.
        licence: of the files, as an SPDX expression or in words.
        training: what it learned from, as far as known. The licence covers the files,
            not the faces in that data.
        folder: where its files lie, below the directory of models.
        source: where they can be fetched.
        files: all that belong to it.
    """

    name: str
    job: str
    licence: str
    training: str
    folder: str
    source: Source
    files: tuple[ModelFile, ...]

    @property
    def size(self) -> int:
        """All files together, in bytes."""
        return sum(file.size for file in self.files)


CARDS: Final[tuple[ModelCard, ...]] = (
    ModelCard(
        name="yunet",
        job="finds faces and five points in each",
        licence="MIT",
        training="WIDER FACE: photographs from the web, research use",
        folder="yunet",
        source=Web(
            "https://media.githubusercontent.com/media/opencv/opencv_zoo/"
            "82b38c8f98e7b52aa171400f3e4c722352d0669f/models/face_detection_yunet/"
        ),
        files=(
            ModelFile(
                "face_detection_yunet_2023mar.onnx",
                232_589,
                "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
            ),
        ),
    ),
    ModelCard(
        name="retail-0095",
        job="makes features, 256 numbers; the operational extractor",
        licence="Apache-2.0",
        training="not published by its maker (Intel, Open Model Zoo)",
        folder="face-reidentification-retail-0095",
        source=Web(
            "https://storage.openvinotoolkit.org/repositories/open_model_zoo/2023.0/"
            "models_bin/1/face-reidentification-retail-0095/FP16/"
        ),
        # The maker publishes SHA-384 digests. These very files have them:
        # .xml 689fb39e94bbd0d2...987dbad0dbce, .bin 6d51703e854509da...36f0dded1588ed.
        files=(
            ModelFile(
                "face-reidentification-retail-0095.xml",
                350_427,
                "ce53d2c9c08c0bd1c1660fb8a5b6d0e3e4ec19eb92f1036d2d83a85e83082dce",
            ),
            ModelFile(
                "face-reidentification-retail-0095.bin",
                2_213_628,
                "241229ca3d206321868d46ce74a3c0b06c49cea58db7dc70b2e842ff287545d1",
            ),
        ),
    ),
    ModelCard(
        name="mobilefacenet",
        job="makes features, 128 numbers; the second extractor of the chain `fused`",
        licence="Apache-2.0",
        training="as its repository says, a refined MS-Celeb-1M: 3.8 million pictures "
        "of 85,164 people from the web; its publisher withdrew that collection in 2019",
        folder="mobilefacenet",
        source=Web(
            "https://raw.githubusercontent.com/foamliu/MobileFaceNet/"
            "a6cc9032a659b615f477833e1a70b5e7931bcccc/weights/"
        ),
        files=(
            ModelFile(
                "MobileFaceNet.onnx",
                3_998_070,
                "b7120c095d60094f28a4a54ba6a8bf51b297a6273fb40ef6350dfec1f63d9507",
            ),
        ),
    ),
    ModelCard(
        name="minifasnet",
        job="tells a face from a picture of one, at two scales",
        licence="Apache-2.0",
        training="not published by its maker (Minivision)",
        folder="minifasnet",
        source=Web(
            "https://raw.githubusercontent.com/minivision-ai/Silent-Face-Anti-Spoofing/"
            "b6d5f04ad78778917853b25c778acef6d5626d15/resources/anti_spoof_models/"
        ),
        files=(
            ModelFile(
                "2.7_80x80_MiniFASNetV2.pth",
                1_849_453,
                "a5eb02e1843f19b5386b953cc4c9f011c3f985d0ee2bb9819eea9a142099bec0",
            ),
            ModelFile(
                "4_0_0_80x80_MiniFASNetV1SE.pth",
                1_856_130,
                "84ee1d37d96894d5e82de5a57df044ef80a58be2b218b5ed7cdfd875ec2f5990",
            ),
        ),
    ),
    ModelCard(
        name="minifas-celeba",
        job="tells a face from a picture of one, learned from CelebA-Spoof",
        licence="Apache-2.0",
        training="CelebA-Spoof: photographs of celebrities from the web, and pictures "
        "of those; research use, not commercial",
        folder="minifas-celeba",
        source=Web(
            "https://raw.githubusercontent.com/VietAnh954/face-antispoof-onnx/"
            "b5724af4f4cb336695e81653634e3f354b52f5c1/models/best/98.20/"
        ),
        files=(
            ModelFile(
                "best_model.onnx",
                1_912_594,
                "af2381b88f38769222ed93379e12444e2a50814575de1c46170de570c55a42b6",
            ),
        ),
    ),
    ModelCard(
        name="face-mesh",
        job="puts 468 points on a face, for capture quality and for moves",
        licence="Apache-2.0",
        training="about 30,000 photographs by mobile cameras, not published "
        "(Google; Kartynnik et al. 2019)",
        folder="mediapipe",
        source=RegistryWheel(
            "mediapipe",
            "0.10.21",
            "3.11",
            "manylinux_2_28_x86_64",
            "05dc4a9e593655a79558d05d6227d31018c2537a4bd3362b51e230cf22aecfe3",
            "mediapipe/modules/face_landmark/",
        ),
        files=(
            ModelFile(
                "face_landmark.tflite",
                1_242_398,
                "1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
            ),
        ),
    ),
    ModelCard(
        name="dlib-resnet",
        job="makes features, 128 numbers; for evaluation and the demo only",
        licence="CC0-1.0",
        training="about 3 million faces: FaceScrub, VGG-Face, and the web; "
        "the five points: dlib's own 5-point set",
        folder="dlib-resnet",
        source=RegistryArchive(
            "face_recognition_models",
            "0.3.0",
            "b79bd200a88c87c9a9d446c990ae71c5a626d1f3730174e6d570157ff1d896cf",
            "face_recognition_models-0.3.0/face_recognition_models/models/",
        ),
        files=(
            ModelFile(
                "shape_predictor_5_face_landmarks.dat",
                9_150_489,
                "c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888",
            ),
            ModelFile(
                "dlib_face_recognition_resnet_model_v1.dat",
                22_466_066,
                "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
            ),
        ),
    ),
    ModelCard(
        name="portraits",
        job="no model: official portraits of two office holders, for the demo",
        licence="archive MIT; the portraits, as far as known, public domain in the US",
        training="none",
        folder="portraits",
        source=RegistryArchive(
            "face_recognition",
            "1.3.0",
            "5e5efdd1686aa566af0d3cc1313b131e4b197657a8ffd03669e6d3fad92705ec",
            "face_recognition-1.3.0/tests/test_images/",
        ),
        files=(
            ModelFile(
                "obama.jpg",
                279_922,
                "0930e3aa8cae5920329c0c8cbc6a2ab70f47b0e67b432875beaa95cbf7e741f6",
            ),
            ModelFile(
                "obama2.jpg",
                184_455,
                "a7efcc907375274796f39646510704aa86672d59f6d5469d69af3c85590976a6",
            ),
            ModelFile(
                "obama3.jpg",
                595_944,
                "76ac6bf97c36dc2da0ad16a537d6a5ac1b10f48d49aac29a0cca9a17cdbc3ca3",
            ),
            ModelFile(
                "biden.jpg",
                353_723,
                "3c17508bb91554c637a2eabddfae790e5bb1caba93130814fc2ac50be9760c4c",
            ),
        ),
    ),
)


def find_card(cards: Sequence[ModelCard], name: str) -> ModelCard:
    """The card of that name.

    Raises:
        ModelError: there is none.
    """
    for card in cards:
        if card.name == name:
            return card
    known = ", ".join(card.name for card in cards)
    raise ModelError(f"no model is called {name!r}; known: {known}")
