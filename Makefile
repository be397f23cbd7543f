# At most twelve verbs. `make demo` and `make test` need Python 3.11+ and nothing else.
.DEFAULT_GOAL := help
SHELL := bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DATA ?= data
# PyPI's Linux wheel of torch is the CUDA build, several gigabytes. This index has the CPU build; where it cannot be
# reached, pip goes on with what it finds elsewhere. For CUDA: make TORCH_INDEX=https://download.pytorch.org/whl/cu130
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu

READY := $(VENV)/.ready

$(READY): requirements/dev.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Ragready needs Python 3.11 or newer; say which with PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25"
	$(BIN)/python -m pip install --quiet --no-deps --retries 1 --extra-index-url $(TORCH_INDEX) torch==2.13.0
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

LOCK := uv pip compile pyproject.toml --quiet --universal --generate-hashes --no-header --no-annotate \
	$(foreach name,torch triton cuda-bindings cuda-pathfinder cuda-toolkit nvidia-cublas nvidia-cuda-cccl \
	nvidia-cuda-cupti nvidia-cuda-nvrtc nvidia-cuda-runtime nvidia-cudnn-cu13 nvidia-cufft nvidia-cufile nvidia-curand \
	nvidia-cusolver nvidia-cusparse nvidia-cusparselt-cu13 nvidia-nccl-cu13 nvidia-nvjitlink nvidia-nvshmem-cu13 \
	nvidia-nvtx,--no-emit-package $(name))

# Chroma's client for Kubernetes, 126 MB in each image, is used by nothing but distributed Chroma itself.
SLIM := --no-emit-package kubernetes

lock: ## resolve the dependencies anew into requirements/ (needs uv)
	$(LOCK) --all-extras -o requirements/dev.txt
	$(LOCK) --extra encoder -c requirements/dev.txt -o requirements/encoder.txt
	$(LOCK) $(SLIM) --extra service --extra servers -c requirements/dev.txt -o requirements/api.txt
	$(LOCK) $(SLIM) --extra ingestion --extra servers -c requirements/dev.txt -o requirements/worker.txt
	sed -nE 's/^requires = \["(.*)"\]/\1/p' pyproject.toml | uv pip compile - --quiet --universal --generate-hashes \
		--no-header --no-annotate -c requirements/dev.txt -o requirements/build.txt

help: ## say what the verbs do
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

demo: $(READY) ## ingest the sample corpus, answer a question, serve the page (NO_SERVE=1 stops after the answer)
	$(BIN)/ragready demo --data $(DATA) $(if $(NO_SERVE),--no-serve)

test: lint ## every check and every test
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: $(READY) ## style, types, import contracts, and the sample corpus against its sources
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python samples/generate.py --check
	$(BIN)/python samples/cases.py check

up: $(READY) ## serve the API and the page
	$(BIN)/ragready up --data $(DATA)

ingest: $(READY) ## bring files into a space: make ingest FROM=path SPACE=name
	$(BIN)/ragready ingest $(FROM) --space $(SPACE) --data $(DATA)

ask: $(READY) ## ask a question: make ask Q="How long is the warranty?"
	@$(BIN)/ragready ask "$(Q)" --data $(DATA)

eval: $(READY) ## score the sample suite: make eval SPLIT=test STRATEGY=hybrid (GATE=1 stops what is worse)
	$(BIN)/ragready eval run samples --split $(or $(SPLIT),test) --strategy $(or $(STRATEGY),hybrid) --data $(DATA)
	$(if $(GATE),$(BIN)/ragready eval gate samples --data $(DATA))

bench: $(READY) ## measure answers, start-up, memory and ingestion on the sample corpus
	$(BIN)/python -m eval.bench

compose: $(READY) ## build the images, start them, and check them from outside
	$(BIN)/python -m pytest tests/compose

clean: ## remove the virtual environment and what the demo made
	rm -rf $(VENV) $(DATA)

.PHONY: help demo test lint lock up ingest ask eval bench compose clean
