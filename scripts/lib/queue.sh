# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
# The patch queue: run git without user settings, turn mails into commits
# without a work tree, write commits back as mails, read the series file.
# Sourced after lib.sh, never run.

REPO=$BUILD/linux		# where the commits are; apply sets it to KDIR
NOTES=refs/notes/patch		# which patch file a commit came from
LAID=refs/vmseries/laid		# the head at which patches/ and the tree agreed
BASES=${BASES:-$TOP/bases}	# kernels that the series is known to apply to

# The bytes of a patch must depend only on the commit.  Keep the diffstat, which
# reviewers read; use full blob ids, since short ones depend on the other contents
# of a repository; show moves as moves.
FORMAT=(--quiet --zero-commit --no-signature --no-numbered --no-attach
	--no-thread --no-cover-letter --no-base --no-notes --no-signoff
	--no-from --no-to --no-cc --no-add-header --subject-prefix=PATCH
	--full-index --find-renames --no-binary --no-ext-diff --no-textconv
	--unified=3 --inter-hunk-context=0 --diff-algorithm=myers
	--src-prefix=a/ --dst-prefix=b/ --ignore-submodules=none --no-color)

# queue_init: create a private temporary folder, and make git use only our
# settings: those in the environment override those of the repository, too.
queue_init()
{
	local keep=${GIT_EXEC_PATH:-} set n=0

	need git git
	QTMP=$(mktemp -d) || die "$E_CANNOT" \
		"cannot make a temporary folder; set TMPDIR= to one with space"
	QTMP=$(cd "$QTMP" && pwd -P)
	trap queue_exit EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	for set in "${!GIT_@}"; do
		unset "$set"
	done
	[ -z "$keep" ] || export GIT_EXEC_PATH=$keep
	export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 \
		GIT_ATTR_NOSYSTEM=1 GIT_TERMINAL_PROMPT=0 GIT_PAGER=cat \
		GIT_ADVICE=0 GIT_EDITOR=:
	for set in commit.gpgSign=false core.hooksPath=/dev/null \
		core.autocrlf=false core.eol=lf core.safecrlf=false \
		core.attributesFile=/dev/null core.excludesFile=/dev/null \
		core.quotePath=true core.fsmonitor=false core.abbrev=12 \
		am.threeWay=false am.keepcr=true am.messageId=false \
		apply.whitespace=nowarn apply.ignoreWhitespace=no \
		i18n.commitEncoding=UTF-8 i18n.logOutputEncoding=UTF-8 \
		diff.noprefix=false diff.mnemonicPrefix=false \
		diff.orderFile=/dev/null diff.indentHeuristic=true \
		diff.suppressBlankEmpty=false diff.submodule=short \
		diff.renameLimit=1000 \
		format.encodeEmailHeaders=true format.useAutoBase=false \
		format.suffix=.patch format.filenameMaxLength=64 \
		format.mboxrd=false log.showSignature=false \
		log.follow=false mailinfo.scissors=false \
		merge.verifySignatures=false rerere.enabled=false \
		advice.detachedHead=false gc.auto=0 maintenance.auto=false \
		safe.directory='*'; do
		export "GIT_CONFIG_KEY_$n=${set%%=*}" \
			"GIT_CONFIG_VALUE_$n=${set#*=}"
		n=$((n + 1))
	done
	export GIT_CONFIG_COUNT=$n
}

# queue_exit: remove temporary files; programs add paths to CLEAN
CLEAN=()
queue_exit()
{
	rm -rf "$QTMP" ${CLEAN[@]+"${CLEAN[@]}"}
}

g()
{
	git -C "$REPO" "$@"
}

# queue_lock: one program at a time changes the trees below BUILD
queue_lock()
{
	[ "$DRY" = 1 ] || mkdir -p "$BUILD" 2>/dev/null || die "$E_CANNOT" \
		"cannot write to $BUILD; set BUILD= to another folder"
	lock_folder "$BUILD" "the trees in $BUILD"
}

# lock_folder DIRECTORY WHAT: one program at a time works on WHAT, until it ends
lock_folder()
{
	[ "$DRY" != 1 ] || return 0
	need flock util-linux
	exec {QLOCK}<"$1"
	flock -n "$QLOCK" || die "$E_CANNOT" \
		"another program works on $2; wait until it is done"
}

# the_version MAKEFILE: its kernel version, 7.2.13 or 7.3-rc7
the_version()
{
	awk -F '[ \t]*=[ \t]*' '
		$1 ~ /^(VERSION|PATCHLEVEL|SUBLEVEL|EXTRAVERSION)$/ &&
		!($1 in v) { v[$1] = $2 }
		END {
			if (v["VERSION"] !~ /^[0-9]+$/ ||
			    v["PATCHLEVEL"] !~ /^[0-9]+$/)
				exit 1
			s = v["SUBLEVEL"]
			print v["VERSION"] "." v["PATCHLEVEL"] \
				(s + 0 ? "." s : "") v["EXTRAVERSION"]
		}' "$1" 2>/dev/null
}

# bases: the versions in the file bases, one per line
bases()
{
	[ ! -f "$BASES" ] || sed -n 's/^\([0-9][^[:space:]]*\).*/\1/p' "$BASES"
}

# known VERSION: whether the series is known to apply to it, in a few words
known()
{
	if grep -qxF "$1" <<<"$(bases)"; then
		printf 'which the series applies to as released: this one differs\n'
	else
		printf 'not in the file bases, which has %s\n' "$(expected)"
	fi
}

# expected: the same in one line, for messages
expected()
{
	local list

	list=$(bases | paste -sd ' ' | sed 's/ /, /g')
	printf '%s\n' "${list:-not listed in ${BASES##*/}}"
}

## The series file

# want: set WANT and WANT_ID to the patches to apply and the ids of their bytes
want()
{
	local listed

	[ -f "$PATCHES/series" ] || die "$E_CANNOT" "no $PATCHES/series"
	mapfile -t listed < <(series)
	want_only ${listed[@]+"${listed[@]}"}
}

# want_only PATCH...: the same for these patches
want_only()
{
	local p

	WANT=("$@") WANT_ID=()
	for p in ${WANT[@]+"${WANT[@]}"}; do
		[ -f "$PATCHES/$p" ] || die "$E_CANNOT" \
			"$p is in $PATCHES/series but there is no such file; add it or take the line out"
	done
	[ ${#WANT[@]} -eq 0 ] ||
		mapfile -t WANT_ID < <(cd "$PATCHES" &&
			git hash-object --no-filters -- "${WANT[@]}")
	[ ${#WANT[@]} -eq ${#WANT_ID[@]} ] || die "$E_CANNOT" \
		"cannot read all the patches in $PATCHES; check their permissions"
}

# section_lines: "section<tab>comment" for each section comment of the
# series file.  A section's comment is "# name: text", where name is a folder
# of patches/ or the first part of a patch's name.
section_lines()
{
	local known

	known=$({ sections; for d in "$PATCHES"/*/; do
		basename "$d"
	done; } | sort -u)
	KNOWN=$known awk '
		BEGIN {
			n = split(ENVIRON["KNOWN"], a, "\n")
			while (n)
				known[a[n--]] = 1
		}
		match($0, /^#[ \t]*[a-z0-9][a-z0-9-]*:/) {
			name = substr($0, RSTART, RLENGTH - 1)
			sub(/^#[ \t]*/, "", name)
			if (name in known)
				print name "\t" $0
		}' "$PATCHES/series"
}

# needs SECTION: the sections that it needs, from "# needs: a b" at the end of its
# comment line
needs()
{
	section_lines | awk -F '\t' -v s="$1" '
		$1 == s && match($2, /#[ \t]*needs:[ \t]*/) {
			n = split(substr($2, RSTART + RLENGTH), a, /[ \t,]+/)
			for (i = 1; i <= n; i++)
				if (a[i] != "")
					print a[i]
		}'
}

# with_needs SECTION: SECTION, `tests`, and what they need, in series order
with_needs()
{
	local all=" $1 tests " grown=1 s n

	[ -n "$(series "$1")" ] || die "$E_CANNOT" \
		"no section '$1' in $PATCHES/series; it has: $(sections | paste -sd ' ')"
	while [ $grown -eq 1 ]; do
		grown=0
		for s in $all; do
			for n in $(needs "$s"); do
				[ -n "$(series "$n")" ] || die "$E_CANNOT" \
					"section '$s' needs '$n', which has no patch in $PATCHES/series; mend its '# needs:'"
				case $all in
				*" $n "*)	;;
				*)		all="$all$n " grown=1 ;;
				esac
			done
		done
	done
	sections | while read -r s; do
		case $all in
		*" $s "*)	printf '%s\n' "$s" ;;
		esac
	done
}

# patches_of COMMIT: unpack patches/ of that commit of this repository to
# QTMP/before
patches_of()
{
	local commit top prefix

	commit=$(git -C "$PATCHES" rev-parse -q --verify "$1^{commit}" 2>/dev/null) ||
		die "$E_CANNOT" \
		"'$1' is no commit of the repository that holds $PATCHES; set FROM="
	top=$(git -C "$PATCHES" rev-parse --show-toplevel)
	prefix=$(git -C "$PATCHES" rev-parse --show-prefix)
	mkdir "$QTMP/before"
	git -C "$top" archive --format=tar "$commit:${prefix%/}" 2>/dev/null |
		tar -C "$QTMP/before" -xf - 2>/dev/null || true
	[ -f "$QTMP/before/series" ] || die "$E_CANNOT" \
		"commit $1 has no ${prefix}series to compare with; set FROM="
}

## Mails to commits

# nobody ADDRESS: is it in a domain that gets no mail (RFC 2606), as that of the
# project's placeholder?
nobody()
{
	[[ $1 != *@*.* || $1 =~ [.](example|invalid|localhost|test)$ ]]
}

# why MAIL ERRORS: git apply's first complaint in one line: file and hunk
why()
{
	awk '
		NR == FNR {
			if (said || !sub(/^error: /, ""))
				next
			said = $0
			if (match($0, /^patch failed: /)) {
				file = substr($0, RLENGTH + 1)
				match(file, /:[0-9]+$/)
				line = substr(file, RSTART + 1)
				file = substr(file, 1, RSTART - 1)
			}
			next
		}
		/^diff --git / { hunk = 0 }
		/^--- a\// { old = substr($0, 7); sub(/\t$/, "", old) }
		/^--- \/dev\/null/ { old = "" }
		/^\+\+\+ b\// && old == "" { old = substr($0, 7) }
		/^@@ -/ {
			hunk++
			at = substr($2, 2)
			sub(/,.*/, "", at)
			if (!where && file != "" && old == file && at == line) {
				sub(/\r$/, "")
				where = "hunk " hunk " (" $0 ")"
			}
		}
		END {
			if (file != "")
				print file ": " (where ? where : "line " line) \
					": its context is not there"
			else if (said ~ /No valid patches|unrecognized input/)
				print "it has no diff"
			else
				print (said ? said : "git apply failed")
		}' "$2" "$1" | sed -e 's/ in index$//' -e 's/ in working directory$//'
}

# lay_start COMMIT: let the next lay_one start here
lay_start()
{
	HEAD_NOW=$1
	QINDEX=$QTMP/index
	rm -f "$QINDEX"
	GIT_INDEX_FILE=$QINDEX g read-tree "$1"
}

# lay_one MAIL: what git am --keep-non-patch --keep-cr would commit on
# HEAD_NOW, without a work tree: full context, no fuzz, no merge.  The
# committer is the author at the author's date unless COMMITTER_* say
# otherwise, so that the id depends on base and patches alone.  SENDER_* become
# the author if that is a placeholder.  On failure REJECT says why and the status
# is 1.
SENDER_NAME='' SENDER_EMAIL=''
lay_one()
{
	local mail=$1 info=$QTMP/info tree
	local name email subject date

	REJECT=
	if ! git -C "$QTMP" mailinfo -b --no-scissors --encoding=UTF-8 \
	     "$QTMP/msg" "$QTMP/diff" <"$mail" >"$info" 2>"$QTMP/err"; then
		REJECT="it is no mail: $(head -n1 "$QTMP/err")"
		! grep -q 'empty patch' "$QTMP/err" || REJECT="it has no diff"
		return 1
	fi
	name=$(sed -n 's/^Author: //p' "$info")
	email=$(sed -n 's/^Email: //p' "$info")
	subject=$(sed -n 's/^Subject: //p' "$info")
	date=$(sed -n 's/^Date: //p' "$info")
	if [ -z "$email" ] || [ -z "$subject" ] || [ -z "$date" ]; then
		REJECT="its From, Date or Subject header is missing"
		return 1
	fi
	if [ -n "$SENDER_EMAIL" ] && nobody "$email"; then
		name=$SENDER_NAME email=$SENDER_EMAIL
	fi
	if ! GIT_INDEX_FILE=$QINDEX g apply --cached --whitespace=nowarn \
	     "$QTMP/diff" 2>"$QTMP/err"; then
		REJECT=$(why "$mail" "$QTMP/err")
		return 1
	fi
	{ printf '%s\n\n' "$subject"; cat "$QTMP/msg"; } |
		git -C "$QTMP" stripspace >"$QTMP/text" &&
	tree=$(GIT_INDEX_FILE=$QINDEX g write-tree) &&
	HEAD_NOW=$(GIT_AUTHOR_NAME=$name GIT_AUTHOR_EMAIL=$email \
		GIT_AUTHOR_DATE=$date \
		GIT_COMMITTER_NAME=${COMMITTER_NAME:-$name} \
		GIT_COMMITTER_EMAIL=${COMMITTER_EMAIL:-$email} \
		GIT_COMMITTER_DATE=${COMMITTER_DATE:-$date} \
		g commit-tree -p "$HEAD_NOW" -F "$QTMP/text" "$tree" \
		2>"$QTMP/err") && return 0
	REJECT="no commit: $(head -n1 "$QTMP/err")"
	return 1
}

# laid: set LAID_COMMIT, LAID_PATH and LAID_ID to the commits last put on the base,
# the patch that each came from, and the id of its bytes
laid()
{
	local c p i

	LAID_COMMIT=() LAID_PATH=() LAID_ID=()
	while read -r p c i; do
		LAID_COMMIT+=("$c") LAID_PATH+=("$p") LAID_ID+=("$i")
	done < <(cat "$(g rev-parse --path-format=absolute --git-common-dir)/vmseries-laid" \
		2>/dev/null)
	[ "$(printf '%s\n' ${LAID_COMMIT[@]+"${LAID_COMMIT[@]}"})" = \
	  "$(g rev-list --reverse --topo-order "base..$LAID" 2>/dev/null)" ] ||
		LAID_COMMIT=() LAID_PATH=() LAID_ID=()
}

# triples: "patch commit id" of the commits of lay_want
triples()
{
	local i

	for ((i = 0; i < ${#WANT[@]}; i++)); do
		printf '%s %s %s\n' "${WANT[i]}" "${COMMITS[i]}" "${WANT_ID[i]}"
	done
}

# agree HEAD: record that patches/ and the tree agree, with WANT as COMMITS
agree()
{
	local file

	file=$(g rev-parse --path-format=absolute --git-common-dir)/vmseries-laid
	triples >"$file.new" && mv -f "$file.new" "$file" &&
	g update-ref "$LAID" "$1"
}

# noted RANGE: "commit patch section" of each commit, oldest first; "-" where
# its note has nothing.  "Section:" in a note is set by the user.
noted()
{
	g log --reverse --topo-order --no-decorate --no-color \
		--notes="$NOTES" --format='%x01 %H%n%N' "$1" | awk '
		function out() { if (c) print c, p, s }
		/^\001 / { out(); c = $2; p = s = "-" }
		$1 == "Patch:" && p == "-" { p = $2 }
		$1 == "Section:" { s = $2 }
		END { out() }'
}

# note: turn "patch commit ..." lines on standard input into notes
note()
{
	local p c text have

	while read -r p c _; do
		text="Patch: $p"$'\n'
		have=$(g notes --ref="$NOTES" show "$c" 2>/dev/null) || have=
		[ "$have" != "${text%$'\n'}" ] || continue
		printf 'N inline %s\ndata %d\n%s\n' "$c" "${#text}" "$text"
	done >"$QTMP/notes"
	[ -s "$QTMP/notes" ] || return 0
	{
		printf 'commit %s\n' "$NOTES"
		printf 'committer vmseries <vmseries@localhost> now\n'
		printf 'data 0\n'
		! g rev-parse -q --verify "$NOTES" >/dev/null ||
			printf 'from %s^0\n' "$NOTES"
		cat "$QTMP/notes"
	} | g fast-import --quiet --date-format=now
}

# lay_want BASE DIR: turn WANT (files below DIR) into commits on BASE; reuse
# commits that were made from the same bytes.  Fills COMMITS.  On failure REJECT
# names the patch and the status is 1.
lay_want()
{
	local base=$1 dir=$2 n=0 i

	COMMITS=()
	while [ $n -lt ${#WANT[@]} ] && [ $n -lt ${#LAID_ID[@]} ] &&
	      [ "${WANT_ID[n]}" = "${LAID_ID[n]}" ]; do
		COMMITS+=("${LAID_COMMIT[n]}")
		n=$((n + 1))
	done
	KEPT=$n
	[ $n -lt ${#WANT[@]} ] || return 0
	[ $n -eq 0 ] || base=${COMMITS[n - 1]}
	lay_start "$base" || return 1
	for ((i = n; i < ${#WANT[@]}; i++)); do
		if ! lay_one "$dir/${WANT[i]}"; then
			REJECT="${WANT[i]} does not apply: $REJECT"
			return 1
		fi
		COMMITS+=("$HEAD_NOW")
	done
}

# last BASE: the head of COMMITS, or BASE if there is none
last()
{
	if [ ${#COMMITS[@]} -eq 0 ]; then
		printf '%s\n' "$1"
	else
		printf '%s\n' "${COMMITS[-1]}"
	fi
}

# busy DIRECTORY: the git operation under way there, if any
busy()
{
	local dir what

	dir=$(git -C "$1" rev-parse --absolute-git-dir) || return 0
	for what in rebase-merge rebase-apply MERGE_HEAD CHERRY_PICK_HEAD \
		REVERT_HEAD BISECT_START; do
		[ -e "$dir/$what" ] || continue
		case $what in
		rebase-apply)
			[ -e "$dir/$what/applying" ] && echo am || echo rebase ;;
		rebase-*)	echo rebase ;;
		MERGE_HEAD)	echo merge ;;
		CHERRY_*)	echo cherry-pick ;;
		REVERT_*)	echo revert ;;
		BISECT_*)	echo bisect ;;
		esac
		return
	done
}

# busy_help WHAT: the command that ends it
busy_help()
{
	case $1 in
	bisect)	printf 'git bisect reset\n' ;;
	*)	printf 'git %s --continue, or git %s --abort\n' "$1" "$1" ;;
	esac
}

# edited DIRECTORY [untracked]: the first file with uncommitted changes;
# with a second argument also untracked files
edited()
{
	local which=no

	[ $# -eq 1 ] || which=all
	git -C "$1" status --porcelain --ignore-submodules=none \
		--untracked-files=$which | sed -n '1s/^...//p'
}

## Mails on plain files

# touched MAIL...: the files that they name, before and after; git quotes
# non-ASCII names
touched()
{
	local name

	[ $# -eq 0 ] || sed -n -e 's,\r$,,' -e 's,\t$,,' \
		-e 's,^\(---\|+++\) "[ab]/,"b/,p' \
		-e 's,^\(---\|+++\) [ab]/,,p' \
		-e 's,^\(rename\|copy\) \(from\|to\) "\(.*\),"b/\3,p' \
		-e 's,^\(rename\|copy\) \(from\|to\) \(.*\),\3,p' \
		-e 's,^diff --git "[ab]/\([^" ]*"\) .*,"b/\1,p' \
		-e 's,^diff --git a/\([^ ]*\) b/[^ ]*$,\1,p' "$@" |
		while IFS= read -r name; do
			case $name in
			'"b/'*'"')
				name=${name#'"b/'}
				# shellcheck disable=SC2001
				name=$(sed 's/\\\([0-7]\{3\}\)/\\0\1/g' <<<"${name%'"'}")
				printf '%b\n' "$name" ;;
			*)	printf '%s\n' "$name" ;;
			esac
		done | sort -u
}

# patch_files DIRECTORY OPTION MAIL...: git apply on files outside any
# repository, OPTION is -R or "".  Each mail applies whole or not at all; at
# the first failure REJECT says why, REJECT_MAIL which.
patch_files()
{
	local dir=$1 opt=$2 mail

	shift 2
	for mail; do
		GIT_CEILING_DIRECTORIES=$(dirname "$dir") git -C "$dir" apply \
			${opt:+"$opt"} --whitespace=nowarn "$mail" \
			2>"$QTMP/err" && continue
		# shellcheck disable=SC2034
		REJECT=$(why "$mail" "$QTMP/err") REJECT_MAIL=$mail
		return 1
	done
}

## The base

# base_source: BASE_SRC and BASE_VERSION, from the environment or from
# scripts/lib/base
base_source()
{
	local out lines

	if [ -z "${BASE_SRC:-}" ]; then
		out=$("$TOP/scripts/lib/base" --print) || exit $?
		mapfile -t lines <<<"$out"
		BASE_SRC=${lines[0]:-} BASE_VERSION=${lines[1]:-}
	fi
	if [ "$DRY" = 1 ] && [ -z "$BASE_SRC" ]; then
		say "$SELF: would go on when the base is there"
		exit 0
	fi
	[ -e "$BASE_SRC" ] || die "$E_CANNOT" \
		"no base source at '$BASE_SRC'; set KSRC= to a tarball or KDIR= to a tree"
	if [ -d "$BASE_SRC" ]; then
		BASE_SRC=$(cd "$BASE_SRC" && pwd -P)
		[ -n "${BASE_VERSION:-}" ] ||
			BASE_VERSION=$(the_version "$BASE_SRC/Makefile") ||
			die "$E_CANNOT" "$BASE_SRC is no Linux tree: no version in its Makefile"
	fi
	[ -n "${BASE_VERSION:-}" ] || die "$E_CANNOT" \
		"the version of $BASE_SRC is not known; set BASE_VERSION="
	case $BASE_VERSION in
	*.*.0)	BASE_VERSION=${BASE_VERSION%.0} ;;
	esac
}

# base_print: identify a base without reading all of it
base_print()
{
	if [ ! -d "$BASE_SRC" ]; then
		printf '%s tar %s\n' "$BASE_VERSION" "$(stat -Lc %s "$BASE_SRC")"
	elif [ -e "$BASE_SRC/.git" ]; then
		printf '%s git %s\n' "$BASE_VERSION" \
			"$(git -C "$BASE_SRC" rev-parse 'HEAD^{tree}')"
	else
		printf '%s dir %s\n' "$BASE_VERSION" "$BASE_SRC"
	fi
}

# git_as_us COMMAND...: commits made by it have our name and one date, so the
# same id on every machine
git_as_us()
{
	local -x GIT_AUTHOR_NAME=vmseries GIT_COMMITTER_NAME=vmseries
	local -x GIT_AUTHOR_EMAIL=vmseries@localhost
	local -x GIT_COMMITTER_EMAIL=vmseries@localhost
	local -x GIT_AUTHOR_DATE='1767225600 +0000'
	local -x GIT_COMMITTER_DATE='1767225600 +0000'

	"$@"
}

# base_commit TREE TEXT: make the base commit; TEXT names the origin of the tree
base_commit()
{
	git_as_us g commit-tree -m "Linux $BASE_VERSION" ${2:+-m "$2"} "$1"
}

# whose DIRECTORY N: the text for base_commit, when N of its files are patched
whose()
{
	[ "$2" -gt 0 ] || return 0
	printf 'Of a distribution: %d of %d files are newer than the release.\n\n' \
		"$2" "$(find "$1" -name .git -prune -o ! -type d -print | wc -l)"
	patched_files "$1" | sed 's/^/Patched: /'
}

# vanilla: describe the base in a few words, for tables and messages
vanilla()
{
	local n

	n=$(g log -1 --format=%b base | grep -c '^Patched: ') || true
	if [ "$n" -gt 0 ]; then
		printf '%s of a distribution, which has patched %d files\n' \
			"$(g log -1 --format=%s base)" "$n"
	else
		g log -1 --format=%s base
	fi
}

# patched_both: files that the distribution has patched and the series touches
patched_both()
{
	LC_ALL=C comm -12 <(g log -1 --format=%b base |
		sed -n 's/^Patched: //p' | LC_ALL=C sort) <(cd "$PATCHES" &&
		touched "${WANT[@]}")
}

# unpack DIRECTORY: the tarball BASE_SRC
unpack()
{
	mkdir -p "$1" &&
	tar -C "$1" --strip-components=1 --no-same-owner -xf "$BASE_SRC"
}

# unignore TREE: print the same tree without the rules in Debian's .gitignore that
# hide every new file ("/*", for its own packaging): with these, git would not see
# files added in BUILD/linux.
unignore()
{
	local blob

	if ! g show "$1:.gitignore" >"$QTMP/ignore" 2>/dev/null ||
	   ! grep -qx '/\*' "$QTMP/ignore"; then
		printf '%s\n' "$1"
		return
	fi
	sed -i -e '\,^/\*$,d' -e '\,^!/debian/$,d' "$QTMP/ignore" &&
	blob=$(g hash-object -w --no-filters "$QTMP/ignore") &&
	rm -f "$QTMP/unignore" &&
	GIT_INDEX_FILE=$QTMP/unignore g read-tree "$1" &&
	GIT_INDEX_FILE=$QTMP/unignore g update-index \
		--cacheinfo "100644,$blob,.gitignore" &&
	GIT_INDEX_FILE=$QTMP/unignore g write-tree
}

# patched_files DIRECTORY: the files that are newer than nearly all others: in
# an unpacked tarball of a distribution, those that its patches touch.
# None for a release, whose files all have the same time, and none where times are
# meaningless (a copy, a checkout).
patched_files()
{
	find "$1" -name .git -prune -o -type f -printf '%T@ %P\n' |
		awk '
			{
				t = int($1)
				sub(/^[^ ]* /, "")
				n[t]++
				at[NR] = t
				name[NR] = $0
			}
			END {
				for (t in n)
					if (n[t] > n[most])
						most = t
				if (NR < 1000 || n[most] < NR * 9 / 10)
					exit
				for (i = 1; i <= NR; i++)
					if (at[i] > most + 0)
						print name[i]
			}' | LC_ALL=C sort
}

# import_files DIRECTORY TAG: import every file of DIRECTORY into REPO as one
# tree, commit and TAG.  fast-import writes one pack; git add would write a file
# for each of the 95,000.  Only git folders are ignored.
import_files()
{
	local marks=$QTMP/import patched

	patched=$(patched_files "$1" | wc -l)

	# shellcheck disable=SC2016
	perl -MFile::Find -e '
		use strict; use warnings;
		binmode STDOUT;
		chdir $ARGV[0] or die "$ARGV[0]: $!\n";
		print "commit refs/vmseries/import\n",
		      "committer vmseries <vmseries\@localhost> 0 +0000\n",
		      "data 0\n";
		find({ no_chdir => 1, wanted => sub {
			my ($mode, $data) = ("100644");
			return if $_ eq ".";
			lstat $_ or die "$_: $!\n";
			if (m{^\./(\.git|obj-[^/]*)$}) {
				$File::Find::prune = 1;
				return;
			}
			return if -d _;
			if (-l _) {
				$mode = "120000";
				$data = readlink $_;
			} elsif (-f _) {
				$mode = "100755" if -x _;
				open my $f, "<:raw", $_ or die "$_: $!\n";
				local $/;
				$data = <$f>;
				$data = "" unless defined $data;
			} else {
				die "$_: neither file nor link\n";
			}
			my $name = substr $_, 2;
			$name =~ s/(["\\\n])/sprintf "\\%03o", ord $1/ge;
			print "M $mode inline \"$name\"\ndata ",
			      length $data, "\n", $data, "\n";
		}}, ".");
		print "done\n";
		close STDOUT or die "write: $!\n";
	' "$1" | g -c core.compression=1 -c core.bigFileThreshold=1 \
		fast-import --quiet --force --depth=0 --done || return 1
	unignore "$(g rev-parse 'refs/vmseries/import^{tree}')" >"$marks" &&
	g update-ref -d refs/vmseries/import &&
	g update-ref "refs/tags/$2" "$(base_commit "$(cat "$marks")" \
		"$(whose "$1" "$patched")")"
}

# import_git TAG: import the tree at HEAD of the repository BASE_SRC with its
# objects, without conversion
import_git()
{
	local tree

	tree=$(git -C "$BASE_SRC" rev-parse 'HEAD^{tree}') &&
	git -C "$BASE_SRC" rev-list --objects "$tree" | cut -d ' ' -f 1 |
		git -C "$BASE_SRC" pack-objects --stdout -q |
		g index-pack --stdin --fix-thin >/dev/null &&
	tree=$(unignore "$tree") &&
	g update-ref "refs/tags/$1" "$(base_commit "$tree")"
}

# import_base TAG [WORKTREE]: import BASE_SRC into REPO as TAG.  If WORKTREE is
# given, a tarball is unpacked there and left.
import_base()
{
	local tag=$1 work=${2:-}

	need perl perl
	if [ -d "$BASE_SRC" ] && [ -e "$BASE_SRC/.git" ]; then
		[ -z "$(edited "$BASE_SRC")" ] ||
			warn "$BASE_SRC has uncommitted changes; its last commit is taken"
		step "import Linux $BASE_VERSION" import_git "$tag" || return 1
	elif [ -d "$BASE_SRC" ]; then
		[ ! -e "$BASE_SRC/.config" ] || die "$E_CANNOT" \
			"$BASE_SRC was built in; run 'make mrproper' there first"
		step "import Linux $BASE_VERSION" \
			import_files "$BASE_SRC" "$tag" || return 1
	else
		need xz xz-utils
		if [ -z "$work" ]; then
			work=$BUILD/.unpack.$$
			CLEAN+=("$work")
		fi
		step "unpack Linux $BASE_VERSION" unpack "$work" || return 1
		step "import Linux $BASE_VERSION" \
			import_files "$work" "$tag" || return 1
	fi
	[ "$(g show "$tag:Makefile" >"$QTMP/Makefile" &&
	     the_version "$QTMP/Makefile")" = "$BASE_VERSION" ] && return 0
	warn "$BASE_SRC is Linux $(the_version "$QTMP/Makefile" || echo '?'), not $BASE_VERSION"
	g update-ref -d "refs/tags/$tag"
	return 1
}
