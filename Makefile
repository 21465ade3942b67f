# SPDX-License-Identifier: GPL-2.0
# The verbs.  Each is a program in scripts/; `make` alone lists them.
#
# For all: V=1 shows commands, DRY=1 only prints them, ARCH=, BASE= (version of
# the base kernel), KDIR= (a kernel tree), KSRC= (a kernel tarball), BUILD=
# (where everything built goes, default build/).

MAKEFLAGS += --no-print-directory
SHELL := /bin/sh
.DEFAULT_GOAL := help

# What a user gives as VARIABLE=value reaches the programs as environment.
export V DRY ARCH BASE KDIR KSRC BUILD SECTION REVERSE FORCE VARIANT PROFILE \
	RUN JOB LEVEL FROM VERSION CROSS_COMPILE JOBS KVM TIMEOUT_SCALE \
	REPEAT GUESTS NO_CCACHE LINK PATCH AUTHOR CHANGES
# An empty one is none.  One verb at a time, even with -j: they share build/.
.NOTPARALLEL:
$(foreach v,V DRY ARCH BASE KDIR KSRC BUILD SECTION REVERSE FORCE VARIANT \
	PROFILE RUN JOB LEVEL LINK FROM VERSION CROSS_COMPILE JOBS KVM TIMEOUT_SCALE \
	GUESTS PATCH AUTHOR CHANGES,\
	$(if $($(v)),,$(eval unexport $(v))))

# These only as make's arguments, because others give such names to variables of the
# environment, too; and as they are: a $ in them is not make's.
$(foreach v,CMD FILES HOST CONFIG MEM CPUS APPEND ICOUNT TIMEOUT COMPARE CASE LOG,\
	$(if $(filter command,$(origin $(v))),\
	$(eval override export $(v) := $$(value $(v))),$(eval unexport $(v))))

S := scripts

help:
	@$(S)/help

doctor:		## what this machine has, what is missing
	@$(S)/doctor

setup:		## install the missing Debian packages
	@$(S)/setup

# Where kernels are built, work in build/linux that is not refreshed yet stays
# and is what gets built.
lay: setup
	@FORCE= KEEP=1 $(S)/tree

tree: setup	## lay build/linux: the base and one commit a patch
	@$(S)/tree

refresh:	## write patches/ back from build/linux
	@$(S)/refresh

apply:		## put the series on your own tree: KDIR=, SECTION=, REVERSE=1
	@$(S)/apply

rebase: setup	## try the series on another base: BASE=7.3.5, or KDIR=
	@$(S)/rebase

range-diff:	## what changed in the patches since the last commit here
	@$(S)/range-diff

export:		## mails of one SECTION=, or of PATCH=10 or 13-14 of it: AUTHOR=, VERSION=2
	@$(S)/export

build: lay	## build kernels: VARIANT=patched PROFILE=bench (or count, debug, rt)
	@$(S)/build $(or $(VARIANT),patched) $(or $(PROFILE),bench)

boot: lay	## boot a kernel with a JOB= of scripts/guest/jobs
	@$(S)/run $(or $(VARIANT),patched) $(or $(PROFILE),bench) $(or $(JOB),selftest-ok)

shell: lay	## an interactive shell in a guest; Ctrl-A X ends it
	@$(S)/run $(or $(VARIANT),patched) $(or $(PROFILE),bench) shell

run: lay	## your own command in a guest: CMD=, FILES=, HOST=; COMPARE=1
	@$(S)/run $(or $(VARIANT),patched) $(or $(PROFILE),bench) command

decode:		## a console's log, LOG=, with file and line for each function
	@$(S)/decode

demo: lay	## vanilla and patched side by side: the main job
	@$(S)/demo

test: lay	## KUnit, stock test_vmalloc, kselftest in a debug kernel: RUN=, CASE=
	@$(S)/test $(RUN)

bench: lay	## instructions, locks, flushes, vanilla against patched: REPEAT=1, GUESTS=
	@$(S)/bench $(if $(REPEAT),--repeat)

gdbcheck: lay	## the kernel's gdb script for vmalloc areas, on a live guest
	@$(S)/setup gdb
	@$(S)/gdb-check

report: setup	## one HTML page with plots from the last bench
	@$(S)/report

model: setup	## a model checker on the states of the vmap blocks
	@$(S)/model

check: tree	## what a reviewer's robot would say: LEVEL=patches, scripts, series or full
	@$(S)/check

clean:		## remove build/ (the cache stays; make clean tells where)
	@$(S)/clean

.PHONY: help doctor setup lay tree refresh apply rebase range-diff export build \
	boot shell run decode demo test bench gdbcheck report model check clean

# An unknown verb is one clear line.
%:
	@echo "make: error: no verb '$@'; 'make' alone lists them" >&2; exit 4
Makefile: ;
