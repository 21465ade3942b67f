#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0
# scripts/apply on git trees and plain ones.

load queue

setup()
{
	queue_setup
	three
	export KDIR=$W/user
	cp -a "$W/kernel" "$KDIR"
	PLAIN=$(sum "$KDIR")
	FULL=$(sum "$BUILD/linux")
}

k()
{
	git -c commit.gpgSign=false -c core.hooksPath=/dev/null \
		-c core.autocrlf=false -C "$KDIR" "$@"
}

gitify()
{
	k init -q
	k add -A -f
	k commit -q -m kernel
}

# sum without what apply remembers
files()
{
	rm -rf "$W/copy"
	cp -a "$KDIR" "$W/copy"
	rm -rf "$W/copy/.vmseries"
	sum "$W/copy"
}

@test "apply: plain tree, twice, and off again" {
	run "$S/apply"
	fails 0
	says "is Linux 7.2.13"
	says "3 patches on $KDIR"
	[ "$(files)" = "$FULL" ]
	run "$S/apply"
	fails 0
	says "already applied"
	# patches/ may change in between
	sed -i 's/bar5_contig/bar5_other/' "$PATCHES/$C"
	REVERSE=1 run "$S/apply"
	fails 0
	[ "$(sum "$KDIR")" = "$PLAIN" ]
	REVERSE=1 run "$S/apply"
	fails 1
	says "does not come off"
	[ "$(sum "$KDIR")" = "$PLAIN" ]
	clean
}

@test "apply: an older version of the patches is not 'already applied'" {
	cp -a "$PATCHES" "$W/old"
	for kind in plain git; do
		[ $kind = plain ] || gitify
		PATCHES=$W/old run "$S/apply"
		fails 0
		before=$(files)
		sed 's/bar5_contig/bar5_other/' "$W/old/$C" >"$PATCHES/$C"
		run "$S/apply"
		fails 4
		says "has 3 patches of the series on, but not $C as it is now"
		says "make apply KDIR=$KDIR REVERSE=1"
		[ "$(files)" = "$before" ]
		# what did not change is applied
		SECTION=vmap-block run "$S/apply"
		fails 0
		says "already applied"
		REVERSE=1 run "$S/apply"
		fails 0
		run "$S/apply"
		fails 0
		grep -q bar5_other "$KDIR/mm/bar.c"
		REVERSE=1 run "$S/apply"
		fails 0
	done
	[ "$(sum "$KDIR")" = "$PLAIN" ]
}

@test "apply: two at a time are refused, and nothing is lost" {
	run "$S/apply"
	fails 0
	exec 8<"$KDIR"
	flock 8
	REVERSE=1 run "$S/apply" 8<&-
	exec 8<&-
	fails 4
	says "another program works on $KDIR"
	[ "$(files)" = "$FULL" ]
	REVERSE=1 run "$S/apply"
	fails 0
	[ "$(sum "$KDIR")" = "$PLAIN" ]
}

@test "apply: git tree, twice, and off again" {
	gitify
	before=$(k rev-parse HEAD)
	run "$S/apply"
	fails 0
	says "3 commits on other of $KDIR"
	[ "$(sum "$KDIR")" = "$FULL" ]
	[ "$(k log -3 --reverse --format=%s | head -n1)" = "mm: first of the tests" ]
	[ "$(k log -1 --format='%an %cn')" = "Zoë User Zoë User" ]
	[ -z "$(k status --porcelain)" ]
	run "$S/apply"
	fails 0
	says "already applied"
	REVERSE=1 run "$S/apply"
	fails 0
	[ "$(k rev-parse HEAD)" = "$before" ]
	[ "$(sum "$KDIR")" = "$PLAIN" ]
	REVERSE=1 run "$S/apply"
	fails 4
	says "nothing that 'make apply' put on"
	run "$S/apply"
	fails 0
	echo x >>"$KDIR/mm/bar.c"
	k commit -q -a -m mine
	REVERSE=1 run "$S/apply"
	fails 4
	says "has 1 commit on top"
}

@test "apply: a tree that has the series without us" {
	KDIR=$BUILD/linux run "$S/apply"
	fails 0
	says "already applied"
	rm -rf "$W/copy"
	cp -a "$BUILD/linux" "$W/copy"
	rm -rf "$W/copy/.git"
	KDIR=$W/copy run "$S/apply"
	fails 0
	says "already applied"
	KDIR=$W/copy REVERSE=1 run "$S/apply"
	fails 0
	[ "$(sum "$W/copy")" = "$PLAIN" ]
}

@test "apply: one section, and those that it needs" {
	SECTION=vmap-block run "$S/apply"
	fails 0
	says "section vmap-block with tests: 2 patches"
	grep -q foo30_block "$KDIR/mm/foo.c"
	not grep -q contig "$KDIR/mm/foo.c"
	SECTION=vmap-block run "$S/apply"
	says "already applied"
	run "$S/apply"
	fails 4
	says "has 2 patches of the series on, but not $C as it is now"
	REVERSE=1 run "$S/apply"
	fails 0
	[ "$(sum "$KDIR")" = "$PLAIN" ]
	gitify
	SECTION=contig run "$S/apply"
	fails 0
	says "section contig with tests vmap-block: 3 commits"
	SECTION=tests run "$S/apply"
	says "already applied"
	SECTION=none run "$S/apply"
	fails 4
	says "no section 'none'"
	sed -i 's/needs: vmap-block/needs: gone/' "$PATCHES/series"
	SECTION=contig run "$S/apply"
	fails 4
	says "needs 'gone'"
}

@test "apply: a reject names patch, hunk, file and base; nothing changes" {
	sed -i 's/foo47(void)/foo47(long)/' "$KDIR/mm/foo.c"
	before=$(sum "$KDIR")
	run "$S/apply"
	fails 1
	says "$C does not apply: mm/foo.c: hunk 1 (@@ -47,7 +47,7 @@"
	says "Linux 7.2.13, which the series applies to as released: this one differs"
	says "make rebase KDIR=$KDIR"
	says "nothing was changed"
	[ "$(sum "$KDIR")" = "$before" ]
	gitify
	head=$(k rev-parse HEAD)
	run "$S/apply"
	fails 1
	says "$C does not apply: mm/foo.c: hunk 1 (@@ -47,7 +47,7 @@"
	[ "$(k rev-parse HEAD)" = "$head" ]
	[ "$(sum "$KDIR")" = "$before" ]
	[ -z "$(k status --porcelain)" ]
	clean
}

@test "apply: a file that is there, a file that is not" {
	echo mine >"$KDIR/mm/block.c"
	run "$S/apply"
	fails 1
	says "mm/block.c: already exists"
	rm "$KDIR/mm/block.c" "$KDIR/mm/bar.c"
	run "$S/apply"
	fails 1
	says "mm/bar.c: "
	gitify
	echo mine >"$KDIR/mm/bar.c"
	k add mm/bar.c
	k commit -q -m bar
	run "$S/apply"
	fails 1
	says "mm/bar.c: hunk 1"
}

@test "apply: REVERSE=1 takes no SECTION=" {
	REVERSE=1 SECTION=contig KDIR=$W/none run "$S/apply"
	fails 4
	says "leave SECTION=contig out"
}

@test "apply: git: dirty, untracked in the way, rebase under way, no commit" {
	gitify
	echo x >>"$KDIR/mm/old.c"
	run "$S/apply"
	fails 4
	says "uncommitted changes (mm/old.c)"
	k checkout -q mm/old.c
	echo mine >"$KDIR/mm/block.c"
	head=$(k rev-parse HEAD)
	run "$S/apply"
	fails 4
	says "mm/block.c"
	[ "$(k rev-parse HEAD)" = "$head" ]
	[ "$(cat "$KDIR/mm/block.c")" = mine ]
	[ -z "$(k status --porcelain -uno)" ]
	rm "$KDIR/mm/block.c"
	echo y >>"$KDIR/mm/old.c"
	k commit -q -a -m two
	k -c sequence.editor='sed -i 1s/pick/edit/' rebase -q -i HEAD^
	run "$S/apply"
	fails 4
	says "a git rebase is under way"
	rm -rf "$KDIR/.git"
	k init -q
	run "$S/apply"
	fails 4
	says "has no commit yet"
}

@test "apply: wrong KDIR, not a kernel" {
	KDIR='' run "$S/apply"
	fails 4
	says "which tree?"
	KDIR=$W/nowhere run "$S/apply"
	fails 4
	says "no folder KDIR=$W/nowhere"
	KDIR=$W/home run "$S/apply"
	fails 4
	says "is no Linux source tree"
	sed -i /PATCHLEVEL/d "$KDIR/Makefile"
	run "$S/apply"
	fails 4
	says "is no Linux source tree"
}

@test "apply: other versions are tried, and said so" {
	sed -i 's/13/20/' "$KDIR/Makefile"
	DRY=1 run "$S/apply"
	fails 0
	says "is Linux 7.2.20, not in the file bases; trying"
	printf 'VERSION = 7\nPATCHLEVEL = 3\nSUBLEVEL = 0\nEXTRAVERSION = -rc9\n' \
		>"$KDIR/Makefile"
	DRY=1 run "$S/apply"
	says "is Linux 7.3-rc9, not in the file bases; trying"
	# which it does not apply to: the message must not say that it does
	sed -i 's/foo47(void)/foo47(long)/' "$KDIR/mm/foo.c"
	run "$S/apply"
	fails 1
	says "$C does not apply: mm/foo.c: hunk 1"
	says "Linux 7.3-rc9, not in the file bases, which has 7.2.13"
	sed -i 's/foo47(long)/foo47(void)/' "$KDIR/mm/foo.c"
	printf 'VERSION = 7\nPATCHLEVEL = 2\nSUBLEVEL = 13\nEXTRAVERSION = -mine\n' \
		>"$KDIR/Makefile"
	DRY=1 run "$S/apply"
	says "is Linux 7.2.13-mine"
	not grep -q "not in the file bases" <<<"$output"
	printf 'VERSION = 6\nPATCHLEVEL = 1\nSUBLEVEL = 5\nEXTRAVERSION =\n' \
		>"$KDIR/Makefile"
	run "$S/apply"
	fails 0
	says "far from the bases"
}

@test "apply: a plain tree inside another repository stays plain" {
	git -C "$W" init -q
	run "$S/apply"
	fails 0
	says "3 patches on"
	[ "$(files)" = "$FULL" ]
}

@test "apply: a full disk or a read-only folder leaves a plain tree as it was" {
	[ "$(id -u)" -eq 0 ] || skip "needs root for a small tmpfs"
	mkdir "$W/small"
	mount -t tmpfs -o size=600k none "$W/small" 2>/dev/null ||
		skip "cannot mount a tmpfs here"
	cp -a "$KDIR" "$W/small/k"
	dd if=/dev/zero of="$W/small/fill" bs=1k count=600 2>/dev/null || true
	KDIR=$W/small/k run "$S/apply"
	after=$(sum "$W/small/k")
	umount "$W/small"
	fails 4
	says "nothing was changed"
	[ "$after" = "$PLAIN" ]
	clean
}

@test "apply: a full disk for temporary files is named, and changes nothing" {
	local before

	[ "$(id -u)" -eq 0 ] || skip "needs root for a small tmpfs"
	mkdir "$W/small"
	mount -t tmpfs -o size=64k none "$W/small" 2>/dev/null ||
		skip "cannot mount a tmpfs here"
	head -c 200000 /dev/urandom | base64 >>"$KDIR/mm/foo.c"
	before=$(sum "$KDIR")
	TMPDIR=$W/small run "$S/apply"
	umount "$W/small"
	fails 4
	says "set TMPDIR="
	[ "$(wc -l <<<"$output")" -le 2 ]
	[ "$(sum "$KDIR")" = "$before" ]
}
