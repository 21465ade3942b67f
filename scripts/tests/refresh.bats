#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0
# scripts/refresh: round trips, sections, and what it refuses.

load queue

setup()
{
	queue_setup
}

# same: the trip tree, refresh changes no byte, name or time of PATCHES
same()
{
	local before

	before=$(sum "$PATCHES"; cd "$PATCHES" && find . -printf '%p %T@\n' | sort)
	rm -rf "$BUILD"
	"$S/tree" && run "$S/refresh"
	fails 0 && says "no change" &&
	[ "$(sum "$PATCHES"; cd "$PATCHES" &&
		find . -printf '%p %T@\n' | sort)" = "$before" ]
}

@test "refresh: a round trip changes nothing" {
	three
	not grep -ri 'signed-off-by\|-- me' "$PATCHES"
	[ "$(head -n1 "$PATCHES/$T" | cut -c 1-46)" = "From 0000000000000000000000000000000000000000 " ]
	grep -q '^From: =?UTF-8?q?Zo=C3=AB=20User?= <zoe@example.org>$' "$PATCHES/$T"
	[ "$(cat "$PATCHES/series")" = "# tests: benchmarks
$T
# vmap-block: blocks
$B
# contig: ranges  # needs: vmap-block
$C" ]
	same
	run "$S/tree"
	says "up to date"
	clean
}

@test "refresh: odd subjects, names and contents survive" {
	"$S/tree"
	cd "$BUILD/linux"
	export SECTION=tests
	echo 'trailing ' >>mm/foo.c
	commit "[tests] mm: in brackets"
	printf 'one\r\nTWO\r\nthree\r\nfour\r\nfive \r\n' >lib/crlf.txt
	# shellcheck disable=SC1111
	commit "lib: CRLF and naïve – “UTF-8” in a subject that is so long that a mail header has to fold it twice or more"
	chmod +x mm/foo.c
	commit "mm: mode change"
	git -c core.autocrlf=false mv mm/old.c mm/moved.c
	sed -i 's/old7(/moved7(/' mm/moved.c
	commit "mm: rename: with a colon, and 'quotes' \"two\""
	git rm -q mm/bar.c
	commit "mm: delete" "Body with é, a >From line:

From here on
>From there on
 indented	tab

And a last paragraph.   "
	printf 'no newline at the end' >mm/nonl.c
	: >mm/empty.c
	commit "mm: new files, one empty"
	ln -sf moved.c mm/link.c
	commit "mm: link"
	printf 'y\n' >'lib/with space.txt'
	printf 'z\n' >'lib/naïve.txt'
	commit "lib: names"
	run "$S/refresh"
	fails 0
	[ "$(grep -c / "$PATCHES/series")" -eq 8 ]
	cd "$W"
	tree=$(u rev-parse 'HEAD^{tree}')
	head=$(u rev-parse HEAD)
	same
	[ "$(u rev-parse HEAD)" = "$head" ]
	[ "$(u rev-parse 'HEAD^{tree}')" = "$tree" ]
	u log --format=%s | grep -qxF '[tests] mm: in brackets'
	printf '#' >>"$BASES"
	# and on a plain tree
	cp -a "$W/kernel" "$W/plain"
	unset SECTION
	KDIR=$W/plain run "$S/apply"
	fails 0
	rm -r "$W/plain/.vmseries"
	[ "$(sum "$W/plain")" = "$(sum "$BUILD/linux")" ]
	cp -a "$W/kernel" "$W/again"
	KDIR=$W/again "$S/apply"
	KDIR=$W/again REVERSE=1 run "$S/apply"
	fails 0
	[ "$(sum "$W/again")" = "$(sum "$W/kernel")" ]
	printf "# tests: x\n" >"$EXCEPTIONS"
	run "$S/lib/check-series"
	says "ok   applies"
	says "ok   round-trip"
}

@test "refresh: fixup and autosquash keep a patch in its section" {
	three
	cd "$BUILD/linux"
	echo 'int fixed;' >>mm/block.c
	u commit -q -a --fixup HEAD~1
	run "$S/refresh"
	fails 4
	says "fixup! mm/block"
	u -c sequence.editor=: rebase -q -i --autosquash base
	run "$S/refresh"
	fails 0
	says "changed  $B"
	grep -q 'int fixed' "$PATCHES/$B"
	[ "$(grep -c / "$PATCHES/series")" -eq 3 ]
	[ "$(u log --format=%H | head -1)" = "$(u rev-parse refs/vmseries/laid)" ]
	run "$S/tree"
	fails 0
	[ "$(git -C "$BUILD/baseline" rev-parse HEAD)" = "$(u rev-parse HEAD~2)" ]
	same
}

@test "refresh: reorder, drop, new commits, and a note that moves one" {
	three
	cd "$BUILD/linux"
	echo 1 >mm/n1.c
	commit "mm: new one of contig"
	run "$S/refresh"
	fails 0
	says "new      contig/0002-mm-new-one-of-contig.patch"
	u -c sequence.editor='sed -i "3{h;d};4G"' rebase -q -i base
	run "$S/refresh"
	fails 0
	[ "$(grep ^contig "$PATCHES/series" | paste -sd ' ')" = \
	  "contig/0001-mm-new-one-of-contig.patch contig/0002-mm-contiguous-ranges.patch" ]
	[ "$(find "$PATCHES/contig" -name '*.patch' | wc -l)" -eq 2 ]
	# to another section
	u notes --ref=patch append -m 'Section: vmap-block' HEAD~1
	run "$S/refresh"
	fails 0
	[ -e "$PATCHES/vmap-block/0002-mm-new-one-of-contig.patch" ]
	grep -q 'Patch: vmap-block/0002' <(u notes --ref=patch show HEAD~1)
	# dropped
	u -c sequence.editor='sed -i 2d' rebase -q -i base
	run "$S/refresh"
	fails 0
	says "removed  $B"
	[ -e "$PATCHES/vmap-block/0001-mm-new-one-of-contig.patch" ]
	[ -s "$PATCHES/vmap-block/cover.md" ]
	same
}

@test "refresh: cherry-picked commits are known by their subject" {
	three
	u checkout -q -b mine base
	u cherry-pick series~2 series~1 series
	run "$S/refresh"
	fails 0
	says "no change"
}

@test "refresh: a section cut in two, a first commit without a section" {
	three
	u -c sequence.editor='sed -i "1{h;d};2G"' rebase -q -i base
	run "$S/refresh"
	fails 0
	u notes --ref=patch append -m 'Section: vmap-block' HEAD
	run "$S/refresh"
	fails 4
	says "is of section vmap-block but comes after section tests"
	u reset -q --hard base
	: >"$BUILD/linux/mm/new.c"
	commit "new"
	SECTION=tests run "$S/refresh"
	fails 0
	u checkout -q --detach base
	echo >"$BUILD/linux/mm/other.c"
	commit "other"
	run "$S/refresh"
	fails 4
	says "no section for the first commit"
	SECTION=../x run "$S/refresh"
	fails 4
	says "is no name for a section"
}

@test "refresh: comment lines of series stay" {
	three
	printf '%s\n' '# The queue' '' '# tests: benchmarks' "$T" '# why this one' \
		'# vmap-block: blocks' "$B # reason" '# empty: nothing yet' '' \
		'# contig: ranges  # needs: vmap-block' "$C" '# the end' \
		>"$PATCHES/series"
	mkdir "$PATCHES/empty"
	cp "$PATCHES/series" "$W/series"
	run "$S/refresh"
	fails 0
	cmp "$PATCHES/series" "$W/series"
	cd "$BUILD/linux"
	echo 1 >mm/n1.c
	commit "mm: one more"
	run "$S/refresh"
	fails 0
	diff "$W/series" "$PATCHES/series" >"$W/diff" || true
	[ "$(cat "$W/diff")" = "11a12
> contig/0002-mm-one-more.patch" ]
	same
}

@test "refresh: edits, forgotten files, merges and empty commits are refused" {
	three
	before=$(sum "$PATCHES")
	echo edit >>"$BUILD/linux/mm/foo.c"
	run "$S/refresh"
	fails 4
	says "mm/foo.c in"
	u checkout -q mm/foo.c
	echo edit >>"$BUILD/linux/mm/forgotten.c"
	run "$S/refresh"
	fails 4
	says "mm/forgotten.c in"
	rm "$BUILD/linux/mm/forgotten.c"
	u commit -q --allow-empty -m nothing
	run "$S/refresh"
	fails 4
	says "changes nothing; drop it"
	u reset -q --hard HEAD^
	u checkout -q -b side HEAD^
	echo s >"$BUILD/linux/mm/side.c"
	commit side
	u merge -q -m merge series
	run "$S/refresh"
	fails 4
	says "is a merge"
	u checkout -q series
	u -c sequence.editor='sed -i 1s/pick/edit/' rebase -q -i base
	run "$S/refresh"
	fails 4
	says "a git rebase is under way"
	[ "$(sum "$PATCHES")" = "$before" ]
	clean
}

@test "refresh: what a mail cannot carry is refused" {
	three
	before=$(sum "$PATCHES")
	printf 'a\0b' >"$BUILD/linux/mm/bin"
	commit "mm: binary"
	run "$S/refresh"
	fails 4
	says "has a binary file"
	u reset -q --hard HEAD^
	echo x >"$BUILD/linux/mm/x.c"
	commit "mm: cut" "before
---
after"
	run "$S/refresh"
	fails 4
	says "does not survive as a mail"
	u commit -q --amend -m "[my PATCH] mm: brackets"
	run "$S/refresh"
	fails 4
	[ "$(sum "$PATCHES")" = "$before" ]
	clean
}

@test "refresh: patches that changed since make tree are not lost" {
	three
	sed -i 's/bar5_contig/bar5_other/' "$PATCHES/$C"
	run "$S/refresh"
	fails 4
	says "patches/ changed since the tree was laid (first: $C)"
	FORCE=1 run "$S/refresh"
	fails 0
	not grep -q bar5_other "$PATCHES/$C"
}

@test "refresh: a full disk leaves patches/ as it was" {
	three
	[ "$(id -u)" -eq 0 ] || skip "needs root for a small tmpfs"
	mkdir "$W/small"
	mount -t tmpfs -o size=512k none "$W/small" 2>/dev/null ||
		skip "cannot mount a tmpfs here"
	cp -a "$PATCHES" "$W/small/patches"
	before=$(sum "$W/small/patches")
	seq -f 'int line%g(void);' 30000 >"$BUILD/linux/mm/big.c"
	commit "mm: big"
	PATCHES=$W/small/patches run "$S/refresh"
	after=$(sum "$W/small/patches")
	left=$(ls -A "$W/small")
	TMPDIR=$W/small run "$S/refresh"
	full=$status
	left2=$(ls -A "$W/small")
	umount "$W/small"
	[ "$before" = "$after" ]
	[ "$left" = patches ]
	[ "$full" -ne 0 ]
	[ "$left2" = patches ]
	says "error"
	[ "$(grep -c / "$PATCHES/series")" -eq 3 ]
	run "$S/refresh"
	fails 0
}

@test "refresh: DRY=1 changes nothing" {
	three
	echo 1 >"$BUILD/linux/mm/n1.c"
	commit "mm: new one"
	before=$(sum "$PATCHES")
	DRY=1 run "$S/refresh"
	fails 0
	says "would write 4 patches"
	[ "$(sum "$PATCHES")" = "$before" ]
}
