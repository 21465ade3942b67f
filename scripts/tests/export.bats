#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0
# scripts/export: mails of one section.

load queue

setup()
{
	queue_setup
	three
}

@test "export: mails, cover letter, recipients; nothing signed" {
	SECTION=vmap-block run "$S/export"
	fails 0
	D=$BUILD/export/vmap-block
	says "1 patches and a cover letter in $D"
	says "Signed-off-by"
	says "Nothing was sent"
	[ "$(ls "$D")" = "0000-cover-letter.patch
0001-mm-block-add-blocks.patch
recipients" ]
	grep -qxF 'Subject: [PATCH 0/1] Per-CPU blocks' "$D/0000-cover-letter.patch"
	grep -qxF 'Context: é.' "$D/0000-cover-letter.patch"
	grep -qxF 'Content-Type: text/plain; charset=UTF-8' "$D/0000-cover-letter.patch"
	grep -qxF 'Based on Linux 7.2.13 and the 1 patches before this section.' \
		"$D/0000-cover-letter.patch"
	grep -qxF 'Subject: [PATCH 1/1] mm/block: add blocks' "$D/0001-mm-block-add-blocks.patch"
	not grep -rqi '^signed-off-by' "$D"
	not grep -rq '\*\*\*' "$D"
	[ "$(cat "$D/recipients")" = "To: Ann Other <ann@example.org>
To: Andrew Morton <akpm@example.org>
Cc: linux-mm@example.org" ]
	clean
}

@test "export: a second posting replaces the first; another's patch keeps its author" {
	SECTION=contig "$S/export"
	git config --global user.name "Sender"
	git config --global user.email sender@example.org
	SECTION=contig VERSION=2 run "$S/export"
	fails 0
	D=$BUILD/export/contig
	[ "$(ls "$D")" = "recipients
v2-0000-cover-letter.patch
v2-0001-mm-contiguous-ranges.patch" ]
	grep -q '^Subject: \[PATCH v2 1/1\] mm: contiguous' "$D"/v2-0001*
	grep -qxF 'From: Sender <sender@example.org>' "$D"/v2-0001*
	grep -qxF 'From: Zoë User <zoe@example.org>' "$D"/v2-0001*
	# the mails give the same tree
	cp -a "$W/kernel" "$W/k"
	git -C "$W/k" -c core.autocrlf=false apply "$PATCHES/$T" "$PATCHES/$B" "$D"/v2-0001*
	[ "$(sum "$W/k")" = "$(sum "$BUILD/linux")" ]
	clean
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
