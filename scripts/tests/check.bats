#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0
# scripts/lib/check-series: each check fails when it should, and only then.

load queue

setup()
{
	queue_setup
	three
}

# only CHECK TEXT: check-series fails, in that check and with that text
only()
{
	run "$S/lib/check-series"
	fails 1 && says "FAIL $1: " && says "$2" || return
	[ "$(grep '^FAIL' <<<"$output" | cut -d : -f 1 | sort -u)" = "FAIL $1" ] || {
		printf '%s\n' "$output"
		return 1
	}
	clean
}

@test "check-series: a good queue" {
	before=$(sum "$PATCHES"; sum "$BUILD/linux")
	run "$S/lib/check-series"
	fails 0
	[ "$(grep -c '^ok ' <<<"$output")" -eq 11 ]
	[ "$(grep -vc '^ok ' <<<"$output")" -eq 0 ]
	[ "$(sum "$PATCHES"; sum "$BUILD/linux")" = "$before" ]
	printf '# tests: none\n' >"$PATCHES/series"
	find "$PATCHES" -name '*.patch' -delete
	run "$S/lib/check-series"
	fails 0
	clean
}

@test "check-series: files without a line, lines without a file, twice" {
	cp "$PATCHES/$T" "$PATCHES/tests/0009-x.patch"
	only listed "tests/0009-x.patch is not in series"
	rm "$PATCHES/tests/0009-x.patch"
	echo contig/0002-y.patch >>"$PATCHES/series"
	run "$S/lib/check-series"
	fails 1
	says "contig/0002-y.patch is in series but there is no such file"
	sed -i '$d' "$PATCHES/series"
	echo "$C" >>"$PATCHES/series"
	run "$S/lib/check-series"
	fails 1
	says "$C is listed twice"
}

@test "check-series: order, numbers, comment, cover, needs" {
	cp "$PATCHES/series" "$W/series"
	sed -i '/^# vmap-block/d' "$PATCHES/series"
	only sections "no comment line '# vmap-block:"
	sed 's/needs: .*/needs: gone/' "$W/series" >"$PATCHES/series"
	only sections "needs 'gone'"
	cp "$W/series" "$PATCHES/series"
	mv "$PATCHES/contig/cover.md" "$W"
	only sections "no cover letter patches/contig/cover.md"
	mv "$W/cover.md" "$PATCHES/contig"
	printf '%s\n' "$B" "$T" "$C" >"$PATCHES/series"
	run "$S/lib/check-series"
	fails 1
	says "tests is not the first section"
	mv "$PATCHES/$C" "$PATCHES/contig/0007-mm-contiguous-ranges.patch"
	sed 's,contig/0001,contig/0007,' "$W/series" >"$PATCHES/series"
	run "$S/lib/check-series"
	fails 1
	says "is number 1 of its section"
	says "FAIL round-trip:"
}

@test "check-series: a section of 21" {
	cd "$BUILD/linux"
	for i in $(seq 20); do
		echo "int x$i;" >"mm/x$i.c"
		commit "mm: x$i"
	done
	"$S/refresh"
	only sections "section contig has 21 patches"
}

@test "check-series: headers, message, diff" {
	cp "$PATCHES/$C" "$W/c"
	for h in From: Date: Subject:; do
		sed "/^$h/d" "$W/c" >"$PATCHES/$C"
		run "$S/lib/check-series"
		fails 1
		says "$C has no header $h"
	done
	sed '1s/0000/1234/' "$W/c" >"$PATCHES/$C"
	run "$S/lib/check-series"
	says "$C does not start with a 'From 000...' line"
	says "FAIL round-trip: $C is not what 'make refresh' writes"
	sed '/^Context/d' "$W/c" >"$PATCHES/$C"
	run "$S/lib/check-series"
	fails 1
	says "$C says nothing below its subject"
	sed '/^---$/,$d' "$W/c" >"$PATCHES/$C"
	run "$S/lib/check-series"
	fails 1
	says "$C has no diff"
}

@test "check-series: Signed-off-by" {
	sed -i 's/^Context.*/&\n\nSigned-off-by: A B <a@b.c>/' "$PATCHES/$C"
	only signed-off "$C carries a Signed-off-by"
}

@test "check-series: words on added lines" {
	cd "$BUILD/linux"
	for w in '/* TODO: x */' '// FIXME' '/* XXX */' 'BUG_ON(x);' \
		'VM_BUG_ON_PAGE(x);' 'BUG();'; do
		echo "$w" >>mm/block.c
		u commit -q -a -m "mm: words" -m text
		"$S/refresh"
		only words "contig/0002-mm-words.patch adds"
		u reset -q --hard HEAD^
		"$S/refresh"
	done
	for w in 'BUILD_BUG_ON(x);' 'WARN_ON(x);' 'XXXL' 'DEBUG(x)'; do
		echo "$w" >>mm/block.c
	done
	u commit -q -a -m "mm: words" -m text
	"$S/refresh"
	run "$S/lib/check-series"
	fails 0
}

@test "check-series: a BUG_ON that only moves is not a new one" {
	echo 'BUG_ON(x);' >>"$W/kernel/mm/bar.c"
	find "$PATCHES" -name '*.patch' -delete
	sed -i /patch/d "$PATCHES/series"
	rm -rf "$BUILD"
	"$S/tree"
	cd "$BUILD/linux"
	sed -i '$d' mm/bar.c
	echo 'BUG_ON(x);' >>mm/old.c
	commit "mm: move"
	SECTION=tests "$S/refresh"
	run "$S/lib/check-series"
	fails 0
	echo 'BUG_ON(x);' >>mm/old.c
	u commit -q -a --amend --no-edit
	"$S/refresh"
	only words "adds BUG_ON"
}

@test "check-series: does not apply, does not come off, not as refresh writes" {
	cp "$PATCHES/$B" "$W/b"
	sed -i 's/^ int foo29(void);/ int foo29(int);/' "$PATCHES/$B"
	run "$S/lib/check-series"
	fails 1
	says "FAIL applies: $B does not apply to Linux 7.2.13: mm/foo.c: hunk 1"
	says "FAIL round-trip: $B does not apply"
	sed 's/@@ -27,7 +27,7 @@/@@ -25,7 +25,7 @@/' "$W/b" >"$PATCHES/$B"
	only round-trip "$B is not what 'make refresh' writes"
}

@test "check-series: checkpatch and its exceptions" {
	cd "$BUILD/linux"
	echo 'CHECKME' >>mm/block.c
	u commit -q -a -m "mm: long" -m text
	"$S/refresh"
	only checkpatch "contig/0002-mm-long.patch: LONG_LINE: line"
	printf '# reasons\ncontig/mm-long  LONG_LINE  a table\n' >"$EXCEPTIONS"
	run "$S/lib/check-series"
	fails 0
	printf 'contig/0002-mm-long.patch LONG_LINE a table\n' >"$EXCEPTIONS"
	run "$S/lib/check-series"
	fails 0
	printf 'contig/mm-long OTHER a table\n' >>"$EXCEPTIONS"
	only checkpatch "\"contig/mm-long OTHER\" is not needed"
	printf 'contig/mm-long LONG_LINE\n' >"$EXCEPTIONS"
	only checkpatch "gives no reason"
}

@test "check-series: no tree" {
	BUILD=$W/none run "$S/lib/check-series"
	fails 4
	says "run 'make tree'"
}

@test "check-build: what it refuses before it builds" {
	FRAGMENTS=$W/none run "$S/lib/check-build"
	fails 4
	echo CONFIG_X=y >"$W/f.config"
	FRAGMENTS=$W/f.config FROM=nothing run "$S/lib/check-build"
	fails 4
	says "no patch of"
	FRAGMENTS=$W/f.config FROM=mm-block DRY=1 run "$S/lib/check-build"
	fails 0
	says "at 2 patches"
}

@test "check-series: a section that does not lie alone with what it needs" {
	# contig's hunk has a line of vmap-block in its context
	sed -i 's/  # needs: vmap-block//' "$PATCHES/series"
	run "$S/lib/check-series"
	fails 0
	cd "$BUILD/linux"
	sed -i 's/foo30_block(/foo30_both(/' mm/foo.c
	commit "mm: on top of a block"
	SECTION=contig "$S/refresh"
	cd "$W"
	only bases "section contig with what it needs on Linux 7.2.13: contig/0002-mm-on-top-of-a-block.patch does not apply: mm/foo.c: hunk 1"
	sed -i 's/^\(# contig.*\)/\1  # needs: vmap-block/' "$PATCHES/series"
	run "$S/lib/check-series"
	fails 0
}

@test "check-series: a base that the series does not apply to, or that is unavailable" {
	cp -a "$W/kernel" "$W/k3"
	printf 'VERSION = 7\nPATCHLEVEL = 3\nSUBLEVEL = 0\nEXTRAVERSION = -rc7\n' \
		>"$W/k3/Makefile"
	sed -i 's/foo30(void)/foo30(long)/' "$W/k3/mm/foo.c"
	printf '7.2.13  stable\n7.3-rc7  next\n' >"$BASES"
	BASE_SRC=$W/k3 BASE_VERSION=7.3-rc7 run "$S/rebase"
	only bases "the series on Linux 7.3-rc7: $B does not apply: mm/foo.c: hunk 1"
	printf '7.2.13  stable\n9.9.9  never\n' >"$BASES"
	export SUITES='' KERNEL_ORG=file://$W/none
	run "$S/lib/check-series"
	fails 1
	says "FAIL bases: Linux 9.9.9 is in the file bases but is not available"
}

@test "check-series: a fix that needs another is not one for the base alone" {
	printf '# tests: t\n# fixes: f\n# vmap-block: b\n# contig: c\n' >"$W/head"
	cd "$BUILD/linux"
	u reset -q --hard HEAD~2
	sed -i 's/foo30(/foo30_fixed(/' mm/foo.c
	commit "mm: fix foo"
	sed -i 's/foo30_fixed(/foo30_again(/' mm/foo.c
	commit "mm: fix it again"
	mkdir -p "$PATCHES/fixes"
	printf '# Fixes\n\nText.\n' >"$PATCHES/fixes/cover.md"
	SECTION=fixes FORCE=1 "$S/refresh"
	sed -i 's/^# fixes:.*/# fixes: faults/' "$PATCHES/series"
	cd "$W"
	only singly "the fix alone on Linux 7.2.13: fixes/0002-mm-fix-it-again.patch does not apply"
}

@test "check-series: a section's comment says what it is" {
	sed -i 's/^# contig:.*/# contig:  # needs: vmap-block/' "$PATCHES/series"
	only sections "section contig has no comment line '# contig: what it is'"
}
