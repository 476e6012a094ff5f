# make demo    a simulated cell, recorded, replayed and shown in a browser
# make test    everything that can be tested on this machine
# make test-long   the same and what takes too long for every day: all models, the cameras' calibration in a whole cell, 100 000 streams
# make bench   measurements beside their peers; results go to bench/results/
# sudo make install      what 'make build' made, as a service for this computer (PREFIX, DESTDIR; sudo make uninstall)
.PHONY: help setup build demo test test-long bench install uninstall format clean
CONFIGURATION := Release
export DOTNET_CLI_TELEMETRY_OPTOUT := 1
export DOTNET_NOLOGO := 1

help:
	@sed -n 's/^# //p' Makefile

setup:
	@scripts/setup.sh

build:
	@scripts/native.sh
	@dotnet build RobotWorldModel.sln -c $(CONFIGURATION) -v quiet -nologo --nodeReuse:false

demo: setup build
	@if [ -t 1 ]; then ./robot demo --keep; else ./robot demo; fi

test: setup build
	@scripts/test.sh

test-long: setup build
	@LONG_TESTS=1 MOTION_STREAMS=100000 scripts/test.sh

bench: setup build
	@scripts/bench.sh

install uninstall:
	@PREFIX="$(PREFIX)" DESTDIR="$(DESTDIR)" scripts/install.sh $@

format:
	dotnet format RobotWorldModel.sln

clean:
	dotnet clean RobotWorldModel.sln -c $(CONFIGURATION) -v quiet -nologo
	rm -rf artifacts
