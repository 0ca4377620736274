# Two commands: `make demo` and `make test`. Both do their own set-up.

PYTHON ?= python3
BIN := .venv/bin
UV := .tools/bin/uv
SYNC := --require-hashes

# uv trusts the certificates that the machine trusts.
export UV_SYSTEM_CERTS ?= 1
export PYTHONPATH :=

.PHONY: demo desk test interop softhsm mosquitto nut chromium postgresql poppler fuzz setup lock wheels vectors languages fonts screenshots clean

demo: setup
	$(BIN)/ostiary demo

# A desk to try, in a browser: keys, records and accounts go with it.
desk: setup
	$(BIN)/ostiary desk try

test: setup
	./tests/run

# Other implementations, each in an environment of its own: cwt needs cbor2 < 6, and the
# project itself does without both.
interop: setup .interop/cwt/ready .interop/claim169/ready .interop/ndef/ready
	$(BIN)/pytest tests/interop

.interop/%/ready: locks/interop-%.txt $(UV)
	@test -x .interop/$*/bin/python || $(UV) venv --quiet --python $(PYTHON) .interop/$*
	$(UV) pip sync --quiet $(SYNC) --python .interop/$*/bin/python locks/interop-$*.txt
	@touch $@

# Debian's software token, which stands in for a hardware one in the tests.
softhsm:
	@command -v softhsm2-util >/dev/null \
	  || { apt-get -qq update && apt-get -qq install --yes softhsm2 >/dev/null; } \
	  || echo "ostiary: softhsm2 cannot be installed here; tests of tokens are skipped"

# Debian's UPS daemon, which the tests ask about a simulated supply.
nut:
	@test -x /lib/nut/upsd \
	  || { apt-get -qq update && apt-get -qq install --yes nut-server >/dev/null; } \
	  || echo "ostiary: nut-server cannot be installed here; its test is skipped"

# Debian's MQTT broker, for the tests of doors and of Home Assistant.
mosquitto:
	@command -v mosquitto >/dev/null || [ -x /usr/sbin/mosquitto ] \
	  || { apt-get -qq update && apt-get -qq install --yes mosquitto >/dev/null; } \
	  || echo "ostiary: mosquitto cannot be installed here; tests of it are skipped"

# Debian's PostgreSQL, of which the tests of the registry start one of their own.
postgresql:
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 \
	  || { apt-get -qq update && apt-get -qq install --yes postgresql >/dev/null; } \
	  || echo "ostiary: postgresql cannot be installed here; tests of it are skipped"

# Debian's renderer, by which the tests look at printed passes.
poppler:
	@command -v pdftoppm >/dev/null \
	  || { apt-get -qq update && apt-get -qq install --yes poppler-utils >/dev/null; } \
	  || echo "ostiary: poppler cannot be installed here; tests of printing are skipped"

# Debian's browser, which stands in for the kiosk's screen in the tests.
chromium:
	@test -x /usr/bin/chromium \
	  || { apt-get -qq update && apt-get -qq install --yes chromium >/dev/null; } \
	  || echo "ostiary: chromium cannot be installed here; tests of pages are skipped"

# Coverage-guided, in an environment of its own, since atheris has no wheel everywhere.
SECONDS_EACH ?= 2
RUNS ?= 10000000
WORKERS ?= 1
fuzz: setup .fuzz/ready
	@if [ -x .fuzz/bin/python ]; then \
	  PYTHONPATH=src .fuzz/bin/python -m fuzz.run \
	    --seconds $(SECONDS_EACH) --runs $(RUNS) --workers $(WORKERS); \
	else \
	  echo "ostiary: fuzzing skipped: atheris has no wheel for this machine"; \
	fi

.fuzz/ready: locks/fuzz.txt $(UV)
	@$(UV) venv --quiet --clear --python $(PYTHON) .fuzz
	@$(UV) pip sync --quiet $(SYNC) --only-binary :all: --python .fuzz/bin/python \
	  locks/fuzz.txt || rm -f .fuzz/bin/python
	@touch $@

setup: .venv/ready

.venv/ready: locks/all.txt pyproject.toml $(UV)
	@echo "ostiary: installing what locks/all.txt pins (about 500 MB on the first run)"
	@test -x $(BIN)/python || $(UV) venv --quiet --python $(PYTHON) .venv
	$(UV) pip sync $(SYNC) --python $(BIN)/python locks/all.txt
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

# A venv where Debian offers one, plain pip where it does not; both check the digests.
$(UV): locks/uv.txt
	@echo "ostiary: getting uv"
	@rm -rf .tools
	@if $(PYTHON) -m venv .tools 2>/dev/null; then \
	  .tools/bin/python -m pip install --quiet --require-hashes -r locks/uv.txt; \
	else \
	  rm -rf .tools; \
	  $(PYTHON) -m pip install --quiet --require-hashes --target .tools -r locks/uv.txt; \
	fi
	@touch $@

# Locks name packages, versions and digests, and no index: any mirror serves.
LOCK := pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url
lock: $(UV)
	echo uv | $(UV) $(LOCK) - -o locks/uv.txt
	$(UV) $(LOCK) pyproject.toml -o locks/gate.txt
	$(UV) $(LOCK) pyproject.toml --all-extras --group dev -o locks/all.txt
	echo 'cwt>=3.3' | $(UV) $(LOCK) - -o locks/interop-cwt.txt
	printf 'atheris==3.0.*\nbase45\ncryptography\nnumpy\n' | \
	  $(UV) $(LOCK) - --constraint locks/gate.txt -o locks/fuzz.txt
	printf 'brotli\nfonttools\n' | $(UV) $(LOCK) - -o locks/fonts.txt
	echo 'claim169>=0.3' | $(UV) $(LOCK) - -o locks/interop-claim169.txt
	echo 'ndeflib>=0.3.3' | $(UV) $(LOCK) - -o locks/interop-ndef.txt

# Nothing is compiled at a gate: every dependency that is locked, of every extra, has a
# wheel for both kinds of machine, on the glibc of Debian 12 (OpenVINO for Arm64 asks for 2.35).
WHEELS := pip compile --quiet --no-header --no-annotate --python-version 3.11 --only-binary :all:
wheels: $(UV)
	@for machine in x86_64 aarch64; do \
	  found=$$($(UV) $(WHEELS) --python-platform $$machine-manylinux_2_36 \
	    --constraint locks/all.txt --all-extras pyproject.toml) || exit 1; \
	  echo "$$machine: a wheel for each of $$(echo "$$found" | grep -c ==) packages"; \
	done

vectors: setup
	$(BIN)/python -m tests.vectors.write

# After a change of what the pages say: then translate what is empty, and again.
languages: setup
	$(BIN)/python -m pages.catalogues

# Out of Debian's fonts-noto-core and fonts-noto-cjk, in an environment of its own.
fonts: .fonts/ready
	.fonts/bin/python -m pages.fonts

.fonts/ready: locks/fonts.txt $(UV)
	@$(UV) venv --quiet --clear --python $(PYTHON) .fonts
	@$(UV) pip sync --quiet $(SYNC) --python .fonts/bin/python locks/fonts.txt
	@touch $@

screenshots: setup chromium
	$(BIN)/python -m pages.screenshots

clean:
	rm -rf .venv .tools .interop .fuzz .fonts build
