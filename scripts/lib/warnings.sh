# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Warnings that the series adds: check out one commit after another in
# BUILD/check, build it, and compare its warnings with those of the base.  Sourced
# after queue.sh.  Programs that source it set
#
#	OBJ		where to build, below SRC
#	DIR_LIST	folders and objects to build
#	configure()	how to configure OBJ for the tree as it is
#	CONFIGURED	one or more words that identify the configuration
#
# Warnings are compared without file and line, so that moved code keeps its
# warnings.

SRC=$BUILD/check

# the_sparse: a sparse that the kernel accepts; otherwise kbuild leaves it out
# with only a message.  sparse 0.6.4 (Debian 12) does not know
# __typeof_unqual__; for what sparse looks at, __typeof__ will do.
the_sparse()
{
	local valid=$SRC/scripts/checker-valid.sh

	CHECK=sparse
	[ -f "$valid" ] || return 0
	# shellcheck disable=SC2086
	for CHECK in sparse 'sparse -D__typeof_unqual__=__typeof__'; do
		[ "$(sh "$valid" $CHECK 2>/dev/null)" != 1 ] || return 0
	done
	die "$E_CANNOT" "$(sparse --version 2>/dev/null || echo sparse) is too old for this kernel; install a newer sparse"
}

kmake()
{
	"$TOP/scripts/lib/kmake" "$SRC" "$OBJ" --no-print-directory \
		"CHECK=$CHECK" "$@"
}

# build LOG: DIR_LIST with every warning
build()
{
	configure &&
	kmake -s prepare &&
	kmake W=1 C=1 "${DIR_LIST[@]}" >"$1" 2>&1
}

# built TEXT LOG: a build; on failure the compiler's words
built()
{
	: >"$2"
	STEP_TAIL=5 step "$1" build "$2" || {
		grep -E 'error:|Error ' "$2" | head -n 5 | sed 's/^/        | /' ||
			true
		return 1
	}
	! grep -q 'is not available or not up to date' "$2" || die "$E_CANNOT" \
		"kbuild left sparse out ('$CHECK'); install a newer sparse"
}

# words: the warnings of a log without file and line, each once.  What gcc says of
# a variable goes with the name of its function.
words()
{
	sed -nE '/: At top level:/{s/.*//;h;d}
		/: In function /{s/.*: In function (.*):$/\1/;h;d}
		/-Wunused|-Wmaybe-uninit/{G;s/\n(.+)/ in \1/;s/\n//}
		/(^|[ :])([Ww]arning|[Ee]rror): /p' "$1" |
		sed -E -e 's/^[^ ]+:[0-9]+(:[0-9]+)?: //' \
		       -e 's/^([Ww]arning|[Ee]rror): [^ ]+:[0-9]+ /\1: /' |
		LC_ALL=C sort -u || true
}

# at COMMIT: check out COMMIT in the check tree, writing only files that differ
at()
{
	git -C "$SRC" reset -q --hard "$1" || die "$E_CANNOT" \
		"cannot check out in $SRC; free disk space, or remove it"
}

# check_init: check programs, and apply the series: BASE, WANT, COMMITS
check_init()
{
	queue_init
	queue_lock
	need make make
	need sparse sparse
	need flex flex
	need bison bison
	[ -e "$REPO/.git" ] || die "$E_CANNOT" "no tree at $REPO; run 'make tree'"
	BASE=$(g rev-parse -q --verify 'base^{commit}') || die "$E_CANNOT" \
		"$REPO has no tag base; run 'make tree'"
	want
	laid
	lay_want "$BASE" "$PATCHES" || die "$E_FAIL" \
		"$REJECT; base $(g log -1 --format=%s base)"
}

# check_tree: check out the base in SRC.  Going back there also makes every
# touched file newer than its object, so that everything is built again, with its
# warnings.
check_tree()
{
	if [ ! -e "$SRC/.git" ]; then
		g worktree prune
		step "check out the check tree" g worktree add -q -f --detach \
			"$SRC" "$BASE" || exit "$E_CANNOT"
	fi
	at "$BASE"
	the_sparse
}

# base_known TEXT: write the base's warnings to OBJ/base-warnings; build it only if
# base, configuration or folders differ from the last time
base_known()
{
	local key known=$OBJ/base-warnings

	key="$BASE $(printf '%s\n' "$CONFIGURED" | sha256sum | cut -c 1-16)"
	key+=" ${DIR_LIST[*]} $CHECK"
	[ "$(head -n1 "$known" 2>/dev/null)" != "$key" ] || return 0
	rm -rf "$OBJ"
	mkdir -p "$OBJ"
	built "$1" "$QTMP/log" || die "$E_CANNOT" \
		"the base does not build with these fragments"
	{ printf '%s\n' "$key"; words "$QTMP/log"; } >"$known.new"
	mv "$known.new" "$known"
}

# fresh WHAT LOG: print each warning of LOG that is not in QTMP/known, and add it
# there; 1 if there is one
fresh()
{
	local line

	words "$2" | LC_ALL=C comm -13 "$QTMP/known" - >"$QTMP/fresh"
	[ -s "$QTMP/fresh" ] || return 0
	while IFS= read -r line; do
		say "FAIL $1: $(grep -F -m1 -- "${line#*: }" "$2" | tr '\t' ' ')"
	done <"$QTMP/fresh"
	# Reported once, at its first occurrence
	LC_ALL=C sort -u -o "$QTMP/known" "$QTMP/known" "$QTMP/fresh"
	return 1
}
