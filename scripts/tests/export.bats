#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0
# scripts/export: mails of one section.

load queue

setup()
{
	queue_setup
	three
}

# printed WORD: the command in the output that has WORD
printed()
{
	sed -n "/^      [^ ].*\\\\$/{N;s/\\\\\n//};/^      .*$1/p" <<<"$output"
}

# id PATCH: its patch id
id()
{
	git patch-id --stable <"$PATCHES/$1" | cut -d ' ' -f 1
}

@test "export: mails, cover letter, recipients of each; nothing signed" {
	SECTION=vmap-block run "$S/export"
	fails 0
	D=$BUILD/export/vmap-block
	says "1 patch and a cover letter in $D, on Linux 7.2.13 and patches of this series: 1 of tests"
	says "the author of 1 of them"
	says "checkpatch.pl --strict, when they are signed off: nothing"
	says "Nothing was sent"
	[ "$(ls "$D")" = "0000-cover-letter.patch
0001-mm-block-add-blocks.patch" ]
	grep -qxF 'Subject: [PATCH 0/1] Per-CPU blocks' "$D"/0000*
	grep -qxF 'From: =?UTF-8?q?Zo=C3=AB_User?= <zoe@example.org>' "$D"/0000*
	grep -qxF 'Context: é.' "$D"/0000*
	[ "$(grep -cxF 'Content-Type: text/plain; charset=UTF-8' "$D"/0000*)" = 1 ]
	grep -qxF 'Based on Linux 7.2.13 (tag v7.2.13) and patches of this series: 1 of tests.' \
		"$D"/0000*
	# the base commit is that of build/linux, of no use to others
	not grep -q '^base-commit:' "$D"/0000*
	says "no base-commit: line"
	[ "$(grep ^prereq "$D"/0000*)" = "prerequisite-patch-id: $(id "$T")" ]
	grep -qxF 'Subject: [PATCH 1/1] mm/block: add blocks' "$D"/0001*
	not grep -rqi '^signed-off-by' "$D"
	not grep -rq '\*\*\*' "$D"
	for f in "$D"/0*; do
		[ "$(sed -n '/^To:/,/^[^T\tC]/p' "$f" | grep @)" = "$(printf \
			'To: Andrew Morton <akpm@example.org>,\n\t=?UTF-8?q?Ann_=C3=96ther?= <ann@example.org>\nCc: linux-mm@example.org')" ]
	done
	# and another section has others
	SECTION=contig run "$S/export"
	fails 0
	not grep -rq ann@ "$BUILD/export/contig"
	[ "$(grep -c ^prereq "$BUILD"/export/contig/0000*)" = 2 ]
	clean
}

@test "export: what it prints works: signing, git am, git send-email" {
	SECTION=vmap-block run "$S/export"
	fails 0
	D=$BUILD/export/vmap-block
	bash -c "$(printed interpret-trailers)"
	[ "$(grep -rc '^Signed-off-by: Zoë User <zoe@example.org>$' "$D" | sort)" = \
		"$D/0000-cover-letter.patch:0
$D/0001-mm-block-add-blocks.patch:1" ]
	u worktree add -q --detach "$W/wt" export/vmap-block-v1-base
	cd "$W/wt"
	git config format.signOff false
	git config core.autocrlf false
	git config core.hooksPath /dev/null
	git config commit.gpgSign false
	bash -c "$(printed 'git am')"
	[ -z "$(git diff export/vmap-block-v1)" ]
	git log -1 --format=%b | grep -qxF 'Signed-off-by: Zoë User <zoe@example.org>'
	git send-email -h 2>&1 | grep -q dry-run ||
		skip "no git send-email here (apt-get install git-email libmailtools-perl)"
	run bash -c "$(printed send-email) </dev/null"
	fails 0
	[ "$(grep -c '^Result: OK' <<<"$output")" = 2 ]
	[ "$(grep -c '^RCPT TO:<ann@example.org>' <<<"$output")" = 2 ]
	[ "$(grep '^In-Reply-To:' <<<"$output")" = \
		"In-Reply-To: $(sed -n 's/^Message-Id: //p' "$D"/0000*)" ]
}

@test "export: b4 takes over the branch and the cover letter" {
	b4 --version >/dev/null 2>&1 || skip "no b4 here (apt-get install b4)"
	SECTION=vmap-block "$S/export"
	u branch -c export/vmap-block-v1 vmap-block
	u worktree add -q "$W/posting" vmap-block
	cd "$W/posting"
	git config core.hooksPath /dev/null
	git config commit.gpgSign false
	git config core.autocrlf false
	git config --unset-all diff.noprefix || true
	git config diff.noprefix false
	git config format.signOff false
	git config sendemail.smtpserver localhost
	git rebase -q --signoff export/vmap-block-v1-base
	b4 prep -e export/vmap-block-v1-base
	run b4 send --no-sign --to linux-mm@example.org -o "$W/out"
	fails 0
	says "Would have sent 1 messages"
	# b4 puts the cover letter of a single patch below its cut
	grep -q '^Subject: \[PATCH\] mm/block: add blocks' "$W"/out/*
	grep -q '^Signed-off-by: Zo' "$W"/out/*
	grep -q '^Context: ' "$W"/out/*
}

@test "export: a second version, its changelog and range-diff; the base commit" {
	SECTION=contig "$S/export"
	SECTION=contig VERSION=2 run "$S/export"
	fails 4
	says "VERSION=2 needs a changelog"
	printf ' - more of it, é\n' >"$W/changes"
	export CHANGES=$W/changes
	cd "$BUILD/linux"
	sed -i 's/foo50_contig(/foo50_range(/' mm/foo.c
	u commit -q -a --amend --no-edit
	"$S/refresh"
	cp -a "$W/kernel" "$W/k"
	git -C "$W/k" init -q
	git -C "$W/k" -c commit.gpgSign=false -c core.hooksPath=/dev/null \
		commit -q --allow-empty -m up
	KDIR=$W/k SECTION=contig VERSION=2 run "$S/export"
	fails 4
	says "no git tree with the tag v7.2.13"
	git -C "$W/k" -c tag.gpgSign=false -c core.hooksPath=/dev/null tag v7.2.13
	AUTHOR='Sender <sender@example.org>' KDIR=$W/k SECTION=contig VERSION=2 \
		run "$S/export"
	fails 0
	D=$BUILD/export/contig
	[ "$(ls "$D")" = "v2-0000-cover-letter.patch
v2-0001-mm-contiguous-ranges.patch" ]
	grep -qxF "base-commit: $(git -C "$W/k" rev-parse HEAD)" "$D"/v2-0000*
	grep -qxF 'Changes in v2:' "$D"/v2-0000*
	grep -qxF ' - more of it, é' "$D"/v2-0000*
	grep -qxF 'Range-diff against v1:' "$D"/v2-0000*
	grep -qxF '     +int foo50_range(void);' <(sed 's/^    *++*/     +/' "$D"/v2-0000*)
	grep -q '^Subject: \[PATCH v2 1/1\] mm: contiguous' "$D"/v2-0001*
	grep -qxF 'From: Sender <sender@example.org>' "$D"/v2-0001*
	# an author that is no placeholder stays
	grep -qxF 'From: Zoë User <zoe@example.org>' "$D"/v2-0001*
	# the mails give the same tree
	cp -a "$W/kernel" "$W/k2"
	git -C "$W/k2" -c core.autocrlf=false apply "$PATCHES/$T" "$PATCHES/$B" "$D"/v2-0001*
	[ "$(sum "$W/k2")" = "$(sum "$BUILD/linux")" ]
	# one patch: below its cut
	SECTION=contig PATCH=1 VERSION=2 run "$S/export"
	fails 0
	says "no range-diff: no earlier version was exported here"
	g=(git -C "$PATCHES" -c commit.gpgSign=false -c core.hooksPath=/dev/null
		-c core.autocrlf=false)
	git -C "$PATCHES" init -q
	"${g[@]}" add -A
	"${g[@]}" commit -q -m v1
	cd "$BUILD/linux"
	sed -i 's/foo50_range(/foo50_other(/' mm/foo.c
	u commit -q -a --amend --no-edit
	"$S/refresh"
	FROM=HEAD SECTION=contig PATCH=1 VERSION=2 run "$S/export"
	fails 0
	sed -n '/^---$/,/^diff/p' "$BUILD"/export/contig-1/v2* >"$W/below"
	grep -qxF 'Based on Linux 7.2.13 (tag v7.2.13).' "$W/below"
	grep -qxF ' - more of it, é' "$W/below"
	grep -q '^    .*+int foo50_other(void);' "$W/below"
	git -C "$W/k" -c core.autocrlf=false apply "$BUILD"/export/contig-1/v2*
	FROM=nothing SECTION=contig VERSION=2 run "$S/export"
	fails 4
	says "'nothing' is no commit"
	clean
}

@test "export: the sender, not the placeholder, is author; checkpatch as signed" {
	git config --global user.email nobody@users.noreply.seed.example
	cd "$BUILD/linux"
	sed -i 's/block;/block; \/\/ CHECKME/' mm/block.c
	u commit -q -a -m "mm: more of it" -m "Context."
	SECTION=contig "$S/refresh"
	SECTION=contig run "$S/export"
	fails 4
	says "is a placeholder that gets no mail"
	AUTHOR="no address" SECTION=contig run "$S/export"
	fails 4
	says "is no name and address"
	AUTHOR="Conan O'Brien <co@example.org>" SECTION=contig run "$S/export"
	fails 0
	says "the author of 1 of them"
	says "when they are signed off: 1 LONG_LINE ("
	D=$BUILD/export/contig
	not grep -rq 'nobody@' "$D"
	# the placeholder is in the header of the mail in patches/ only
	grep -q '^From: .*nobody@' "$PATCHES"/contig/0002*
	not grep -q '^From: Zoë' "$D"/0002*
	# recipients are those of the mail, and of all mails for the cover letter
	[ "$(cd "$D" && grep -l ann@ -- *)" = "0000-cover-letter.patch
0002-mm-more-of-it.patch" ]
	bash -c "$(printed interpret-trailers)"
	grep -qxF "Signed-off-by: Conan O'Brien <co@example.org>" "$D"/0002*
}

@test "export: not while another program works on the trees" {
	exec 8<"$BUILD"
	flock 8
	SECTION=contig run "$S/export" 8<&-
	exec 8<&-
	fails 4
	says "another program works on the trees"
	DRY=1 SECTION=contig run "$S/export"
	fails 0
	says "would write 1 patches"
	[ ! -e "$BUILD/export" ]
	[ -z "$(u branch --list 'export/*')" ]
}

@test "export: what it refuses" {
	run "$S/export"
	fails 4
	says "which section?"
	SECTION=none run "$S/export"
	fails 4
	says "no patch of section 'none'"
	SECTION=tests run "$S/export"
	fails 4
	says "write the cover letter first"
	SECTION=contig VERSION=two run "$S/export"
	fails 4
	SECTION=contig run "$S/export" --send
	fails 4
	says "does not send"
	printf 'no heading\ntext\n' >"$PATCHES/contig/cover.md"
	SECTION=contig run "$S/export"
	fails 4
	says "does not start with a line of subject"
	printf 'Ränges\n\ntext\n' >"$PATCHES/contig/cover.md"
	SECTION=contig run "$S/export"
	fails 0
	grep -qF 'Subject: [PATCH 0/1] =?UTF-8?q?R=C3=A4nges?=' \
		"$BUILD/export/contig/0000-cover-letter.patch"
	echo 'die "no";' >"$BUILD/linux/scripts/get_maintainer.pl"
	SECTION=contig run "$S/export"
	fails 4
	says "get_maintainer.pl"
	git config --global --unset user.email
	SECTION=contig run "$S/export"
	fails 4
	says "git does not know who sends"
	[ ! -e "$BUILD/export/contig.new" ]
}

@test "export: one patch alone, on the base if it applies to it" {
	SECTION=vmap-block PATCH=1 run "$S/export"
	fails 0
	D=$BUILD/export/vmap-block-1
	says "1 of section vmap-block in $D, on Linux 7.2.13 alone"
	[ "$(ls "$D")" = "0001-mm-block-add-blocks.patch" ]
	grep -qxF 'Based on Linux 7.2.13 (tag v7.2.13).' "$D"/0001*
	not grep -q '^prereq' "$D"/0001*
	grep -qxF 'Subject: [PATCH] mm/block: add blocks' "$D"/0001*
	cp -a "$W/kernel" "$W/k"
	git -C "$W/k" -c core.autocrlf=false apply "$D"/0001*
	not grep -q foo10_test "$W/k/mm/foo.c"
	# no cover letter is needed
	SECTION=tests PATCH=1 run "$S/export"
	fails 0
	SECTION=contig PATCH=2 run "$S/export"
	fails 4
	says "section contig has 1 patches"
	SECTION=contig PATCH=all run "$S/export"
	fails 4
	# a patch that needs another stays where it is
	cd "$BUILD/linux"
	sed -i 's/foo50_contig(/foo50_more(/' mm/foo.c
	commit "mm: more of it"
	SECTION=contig "$S/refresh"
	SECTION=contig PATCH=2 run "$S/export"
	fails 0
	says "on Linux 7.2.13 and patches of this series: 1 of tests, 1 of vmap-block, 1 of contig"
	SECTION=contig PATCH=1-2 run "$S/export"
	fails 0
	says "2 of section contig in $BUILD/export/contig-1-2, on Linux 7.2.13 alone"
	grep -qxF 'Subject: [PATCH 2/2] mm: more of it' "$BUILD/export/contig-1-2"/0002*
}
