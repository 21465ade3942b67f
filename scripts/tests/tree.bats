#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0
# scripts/tree, rebase and range-diff on a tiny kernel.

load queue

setup()
{
	queue_setup
}

# committed FROM TO: a copy of that folder, as the one commit of a git tree
committed()
{
	cp -a "$1" "$2"
	git -C "$2" init -q
	git -C "$2" -c core.autocrlf=false add -A -f
	git -C "$2" -c commit.gpgSign=false -c core.hooksPath=/dev/null \
		commit -q -m k
}

@test "tree: lays base and baseline, then finds nothing to do" {
	run "$S/tree"
	fails 0
	says "Linux 7.2.13, and 0 patches"
	[ "$(u log --format=%s base)" = "Linux 7.2.13" ]
	[ "$(sum "$W/kernel")" = "$(sum "$BUILD/linux")" ]
	[ "$(sum "$W/kernel")" = "$(sum "$BUILD/baseline")" ]
	[ -z "$(u status --porcelain)" ]
	grep -qxF "/obj-*" "$BUILD/linux/.git/info/exclude"
	run "$S/tree"
	fails 0
	says "up to date"
	clean
}

@test "tree: base and patches give the same ids elsewhere, by folder, git or tarball" {
	three
	head=$(u rev-parse HEAD)
	[ "$(u rev-parse HEAD^^^)" = "$(u rev-parse base)" ]
	[ "$(git -C "$BUILD/baseline" rev-parse HEAD)" = "$(u rev-parse HEAD~2)" ] ||
		"$S/tree"
	[ "$(git -C "$BUILD/baseline" rev-parse HEAD)" = "$(u rev-parse HEAD~2)" ]
	# a tarball of Debian's, which ignores all that is new
	cp -a "$W/kernel" "$W/debian"
	printf '/*\n!/debian/\n' >>"$W/debian/.gitignore"
	tar -C "$W" --transform 's,^debian,linux-7.2.13,' -cJf "$W/l.tar.xz" debian
	BASE_SRC=$W/l.tar.xz BUILD=$W/b2 "$S/tree"
	[ "$(git -C "$W/b2/linux" rev-parse HEAD)" = "$head" ]
	[ "$(sum "$W/b2/linux")" = "$(sum "$BUILD/linux")" ]
	# the same unpacked, as a folder, and a commit of it
	BASE_SRC=$W/debian BUILD=$W/b4 "$S/tree"
	[ "$(git -C "$W/b4/linux" rev-parse HEAD)" = "$head" ]
	echo new >"$W/b4/linux/mm/new.c"
	[ "$(git -C "$W/b4/linux" status --porcelain)" = "?? mm/new.c" ]
	committed "$W/debian" "$W/dgit"
	BASE_SRC=$W/dgit BUILD=$W/b5 "$S/tree"
	[ "$(git -C "$W/b5/linux" rev-parse HEAD)" = "$head" ]
	rm -rf "$W"/b[45]
	committed "$W/kernel" "$W/kgit"
	BASE_SRC=$W/kgit BUILD=$W/b3 "$S/tree"
	[ "$(git -C "$W/b3/linux" rev-parse HEAD)" = "$head" ]
	clean
}

@test "tree: only files that differ are written" {
	three
	"$S/tree"
	touch -d 2001-01-01 "$BUILD"/linux/mm/*.c "$BUILD"/baseline/mm/*.c
	mkdir "$BUILD/linux/obj-x"
	echo o >"$BUILD/linux/obj-x/foo.o"
	u update-index -q --refresh || true
	# the last patch changes: foo.c and bar.c are its files
	sed -i 's/bar5_contig/bar5_other/' "$PATCHES/$C"
	run "$S/tree"
	fails 0
	says "1 of them laid anew"
	[ "$(stat -c %Y "$BUILD/linux/mm/old.c")" -lt 1000000000 ]
	[ "$(stat -c %Y "$BUILD/linux/mm/foo.c")" -lt 1000000000 ]
	[ "$(stat -c %Y "$BUILD/linux/mm/block.c")" -lt 1000000000 ]
	[ "$(stat -c %Y "$BUILD/linux/mm/bar.c")" -gt 1000000000 ]
	[ "$(stat -c %Y "$BUILD/baseline/mm/foo.c")" -lt 1000000000 ]
	[ -e "$BUILD/linux/obj-x/foo.o" ]
	grep -q bar5_other "$BUILD/linux/mm/bar.c"
}

@test "tree: a reject names patch, hunk and base, and changes nothing" {
	three
	"$S/tree"
	before=$(sum "$BUILD/linux")
	head=$(u rev-parse HEAD)
	sed -i 's/^ int foo29(void);/ int foo29(int);/' "$PATCHES/$B"
	run "$S/tree"
	fails 1
	says "$B does not apply: mm/foo.c: hunk 1 (@@ -27,7 +27,7 @@"
	says "base Linux 7.2.13"
	[ "$(sum "$BUILD/linux")" = "$before" ]
	[ "$(u rev-parse HEAD)" = "$head" ]
	clean
}

@test "tree: no fuzz, a patch without a diff, a file that is not there" {
	three
	sed -i '/^ int foo31(void);$/d; s/@@ -27,7 +27,7 @@/@@ -27,6 +27,6 @@/; s/^ int foo27(void);$/ int foo27(long);/' "$PATCHES/$B"
	run "$S/tree"
	fails 1
	says "context is not there"
	printf 'From: A <a@b.c>\nDate: Thu, 1 Jan 2026 00:00:00 +0000\nSubject: [PATCH] x\n\ntext\n' \
		>"$PATCHES/$B"
	run "$S/tree"
	fails 1
	says "it has no diff"
	echo 'vmap-block/0002-x.patch' >>"$PATCHES/series"
	run "$S/tree"
	fails 4
	says "0002-x.patch is in"
}

@test "tree: the user's edits and commits are refused, KEEP leaves them, FORCE saves them" {
	three
	"$S/tree"
	echo edit >>"$BUILD/linux/mm/foo.c"
	run "$S/tree"
	fails 4
	says "uncommitted changes (mm/foo.c)"
	KEEP=1 run "$S/tree"
	fails 0
	says "left as it is"
	grep -q edit "$BUILD/linux/mm/foo.c"
	u commit -q -a -m work
	mine=$(u rev-parse HEAD)
	run "$S/tree"
	fails 4
	says "1 commit that 'make refresh' has not written"
	says "FORCE=1"
	sed -i 's/bar5_contig/bar5_other/' "$PATCHES/$C"
	KEEP=1 run "$S/tree"
	fails 4
	echo more >>"$BUILD/linux/mm/bar.c"
	FORCE=1 run "$S/tree"
	fails 0
	says "branch saved-1"
	[ "$(u rev-parse saved-1^)" = "$mine" ]
	u show saved-1:mm/bar.c | grep -q more
	grep -q bar5_other "$BUILD/linux/mm/bar.c"
	not grep -q edit "$BUILD/linux/mm/foo.c"
	[ -z "$(u status --porcelain)" ]
	run "$S/tree"
	says "up to date"
	clean
}

@test "tree: a rebase under way is refused" {
	three
	u -c sequence.editor='sed -i 1s/pick/edit/' rebase -q -i base
	run "$S/tree"
	fails 4
	says "a git rebase is under way"
	FORCE=1 run "$S/tree"
	fails 4
}

@test "tree: reordered and dropped patches, then an empty series" {
	three
	"$S/tree"
	printf '%s\n' "$T" "$C" >"$PATCHES/series"
	run "$S/tree"
	fails 0
	says "2 patches"
	[ ! -e "$BUILD/linux/mm/block.c" ]
	: >"$PATCHES/series"
	run "$S/tree"
	fails 0
	[ "$(sum "$BUILD/linux")" = "$(sum "$W/kernel")" ]
	[ "$(sum "$BUILD/baseline")" = "$(sum "$W/kernel")" ]
}

@test "tree: another base moves the tree" {
	three
	cp -a "$W/kernel" "$W/k14"
	sed -i 's/13/14/' "$W/k14/Makefile"
	echo 'int more;' >>"$W/k14/mm/bar.c"
	BASE_SRC=$W/k14 BASE_VERSION=7.2.14 run "$S/tree"
	fails 0
	says "Linux 7.2.14, and 3 patches"
	grep -q 'int more' "$BUILD/linux/mm/bar.c"
	grep -q 'int more' "$BUILD/baseline/mm/bar.c"
	[ "$(u log -1 --format=%s base)" = "Linux 7.2.14" ]
	BASE_SRC=$W/k14 BASE_VERSION=7.2.15 BUILD=$W/b2 run "$S/tree"
	fails 4
	says "not 7.2.15"
}

@test "tree: DRY=1 changes nothing, odd arguments are refused" {
	DRY=1 run "$S/tree"
	fails 0
	[ ! -e "$BUILD/linux" ]
	run "$S/tree" --what
	fails 4
	for p in tree refresh apply rebase range-diff export lib/check-series \
			lib/check-build; do
		run "$S/$p" --help
		fails 0
		says usage:
	done
}

@test "tree: a folder in the way, a base that is not there" {
	mkdir -p "$BUILD/linux"
	echo mine >"$BUILD/linux/mine"
	run "$S/tree"
	fails 4
	says "is no git repository"
	[ "$(cat "$BUILD/linux/mine")" = mine ]
	rm -r "$BUILD/linux"
	BASE_SRC=$W/none run "$S/tree"
	fails 4
	says "no base source"
	echo rubbish >"$W/bad.tar.xz"
	BASE_SRC=$W/bad.tar.xz run "$S/tree"
	fails 4
	[ ! -e "$BUILD/linux" ]
	clean
}

@test "tree: two at a time are refused" {
	mkdir -p "$BUILD"
	exec 8<"$BUILD"
	flock 8
	run "$S/tree" 8<&-
	exec 8<&-
	fails 4
	says "another program"
}

@test "rebase: all patches apply to another base" {
	three
	cp -a "$W/kernel" "$W/k3"
	printf 'VERSION = 7\nPATCHLEVEL = 3\nSUBLEVEL = 0\nEXTRAVERSION = -rc7\n' \
		>"$W/k3/Makefile"
	before=$(sum "$BUILD/linux")
	BASE_SRC=$W/k3 BASE_VERSION=7.3-rc7 run "$S/rebase"
	fails 0
	says "applies    $C"
	says "all 3 patches apply to Linux 7.3-rc7"
	grep -q contig "$BUILD/linux-7.3-rc7/mm/bar.c"
	[ "$(sum "$BUILD/linux")" = "$before" ]
	BASE_SRC=$W/k3 BASE_VERSION=7.3-rc7 run "$S/rebase"
	fails 0
	# Commits on top are the user's
	N=$BUILD/linux-7.3-rc7
	echo mine >"$N/mine"
	git -C "$N" add mine
	git -C "$N" -c core.hooksPath=/dev/null -c commit.gpgSign=false \
		commit -q -m mine
	BASE_SRC=$W/k3 BASE_VERSION=7.3-rc7 run "$S/rebase"
	fails 4
	says "has commits of yours"
	[ -e "$N/mine" ]
	FORCE=1 BASE_SRC=$W/k3 BASE_VERSION=7.3-rc7 run "$S/rebase"
	fails 0
	[ ! -e "$N/mine" ]
}

@test "rebase: merges what it can, stops at a conflict, refresh takes the result" {
	three
	cp -a "$W/kernel" "$W/k3"
	printf 'VERSION = 7\nPATCHLEVEL = 3\nSUBLEVEL = 0\nEXTRAVERSION = -rc7\n' \
		>"$W/k3/Makefile"
	sed -i 's/foo12(void)/foo12(long)/; s/foo30(void)/foo30(long)/' "$W/k3/mm/foo.c"
	BASE_SRC=$W/k3 BASE_VERSION=7.3-rc7 run "$S/rebase"
	fails 1
	says "merged     $T"
	says "CONFLICT   $B: mm/foo.c: hunk 1"
	says "not tried  the 1 after it"
	N=$BUILD/linux-7.3-rc7
	ls "$(git -C "$N" rev-parse --absolute-git-dir)/rebase-apply/applying"
	TREE=$N run "$S/refresh"
	fails 4
	says "a git am is under way"
	BASE_SRC=$W/k3 BASE_VERSION=7.3-rc7 run "$S/rebase"
	fails 4
	git -C "$N" show base-7.3-rc7:mm/foo.c |
		sed 's/foo10(/foo10_test(/; s/foo30(/foo30_block(/' >"$N/mm/foo.c"
	git -C "$N" add -A
	git -C "$N" -c core.hooksPath=/dev/null -c commit.gpgSign=false am --continue
	BASE_SRC=$W/k3 BASE_VERSION=7.3-rc7 run "$S/rebase"
	fails 4
	says "has commits of yours"
	TREE=$N run "$S/refresh"
	fails 0
	[ "$(grep -c / "$PATCHES/series")" -eq 3 ]
	grep -q 'foo30_block(long)' "$PATCHES/$B"
	BASE_SRC=$W/k3 BASE_VERSION=7.3-rc7 run "$S/tree"
	fails 0
	[ "$(sum "$BUILD/linux")" = "$(sum "$N")" ]
}

@test "rebase: KDIR= says its version; BASE= must not say another" {
	three
	cp -a "$W/kernel" "$W/k3"
	sed -i 's/13/20/' "$W/k3/Makefile"
	: >"$W/k3/Kconfig"
	unset BASE_SRC BASE_VERSION
	run "$S/rebase"
	fails 4
	says "onto which kernel?"
	KDIR=$W/k3 BASE=7.2.19 run "$S/rebase"
	fails 4
	says "BASE=7.2.19, but $W/k3 is Linux 7.2.20"
	KDIR=$W/k3 run "$S/rebase"
	fails 0
	says "all 3 patches apply to Linux 7.2.20"
	[[ $output != *"file bases"* ]]
}

@test "rebase: KDIR= is what is tried, not an earlier tree of its version" {
	three
	cp -a "$W/kernel" "$W/k3"
	sed -i 's/13/20/' "$W/k3/Makefile"
	: >"$W/k3/Kconfig"
	cp -a "$W/k3" "$W/k4"
	sed -i 's/foo30(void)/foo30(long)/' "$W/k4/mm/foo.c"
	unset BASE_SRC BASE_VERSION
	KDIR=$W/k3 run "$S/rebase"
	fails 0
	FORCE=1 KDIR=$W/k4 run "$S/rebase"
	fails 1
	says "CONFLICT   $B: mm/foo.c: hunk 1"
	# nor is it the release of that version
	[ -z "$(u tag -l base-7.2.20)" ]
}

@test "tree: a base of a distribution is named, with the files that it patches" {
	mkdir "$W/kernel/drivers"
	for i in $(seq 1200); do
		echo "$i" >"$W/kernel/drivers/$i.c"
	done
	find "$W/kernel" -exec touch -h -d '2026-01-02 03:04:05' {} +
	touch -d '2026-01-09' "$W/kernel/mm/bar.c" "$W/kernel/drivers/7.c"
	run "$S/tree"
	fails 0
	says "Linux 7.2.13 of a distribution, which has patched 2 files, and 0 patches"
	[ "$(u log -1 --format=%b base | sed -n 's/^Patched: //p' | paste -sd ' ')" = \
		"drivers/7.c mm/bar.c" ]
	# the one that the series touches, too
	three
	run "$S/lib/check-series"
	says "Linux 7.2.13 of a distribution, which has patched 2 files; the series touches of these: mm/bar.c"
	clean
}

@test "tree: during a bisection it prints how to end it" {
	three
	u bisect start -q HEAD base >/dev/null
	run "$S/tree"
	fails 4
	says "a git bisect is under way in $BUILD/linux; finish or drop it: git bisect reset"
}

@test "range-diff: the patches against those of a commit" {
	three
	git -C "$W" init -q
	git -C "$W" -c core.autocrlf=false add patches
	git -C "$W" -c commit.gpgSign=false -c core.hooksPath=/dev/null commit -q -m one
	run "$S/range-diff"
	fails 0
	says "3 patches, the same as in HEAD"
	sed -i 's/bar5_contig/bar5_other/' "$PATCHES/$C"
	run "$S/range-diff"
	fails 0
	says "! "
	says "bar5_other"
	# the notes of build/linux are on one side only, and no change of a patch
	sed -i 's/bar5_other/bar5_contig/' "$PATCHES/$C"
	sed -i 's/^Context, problem, solution/Context/' "$PATCHES/$T"
	run "$S/range-diff"
	fails 0
	[ "$(grep -c '^[123]: .* = ' <<<"$output")" = 2 ]
	FROM=nothing run "$S/range-diff"
	fails 4
	clean
}
