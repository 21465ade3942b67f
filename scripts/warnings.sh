# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Warnings that the series brings: the tree BUILD/check at one commit after
# another, its builds, and what of their words the base has not said.  Sourced
# after queue.sh.  Who sources it sets
#
#	OBJ		where to build, below SRC
#	DIR_LIST	what to build: folders, objects
#	configure()	how to configure OBJ for the tree as it is
#	CONFIGURED	a word or more that tell one configuration from another
#
# Warnings are compared by their words, without file and line, so that code
# which moves takes its own along.

SRC=$BUILD/check

# the_sparse: a sparse that the kernel accepts, or kbuild leaves it out with
# no more than a word.  sparse 0.6.4 (Debian 12) does not know
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
	"$TOP/scripts/kmake" "$SRC" "$OBJ" --no-print-directory \
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

# words: warnings of a log without file and line, each once
words()
{
	grep -E '(^|[ :])([Ww]arning|[Ee]rror): ' "$1" |
		sed -E -e 's/^[^ ]+:[0-9]+(:[0-9]+)?: //' \
		       -e 's/^([Ww]arning|[Ee]rror): [^ ]+:[0-9]+ /\1: /' |
		LC_ALL=C sort -u || true
}

# at COMMIT: the check tree is there, written only where it differs
at()
{
	git -C "$SRC" reset -q --hard "$1" || die "$E_CANNOT" \
		"cannot check out in $SRC; free disk space, or remove it"
}

# check_init: programs, and the series laid: BASE, WANT, COMMITS
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

# check_tree: SRC, at the base.  To go back there also makes every touched file
# newer than its object, so what an earlier run has built is built again,
# warnings and all.
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

# base_known TEXT: what the base says, into OBJ/base-warnings; built only when
# base, configuration or folders are others than the last time
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

# fresh WHAT LOG: a line for each warning of LOG that QTMP/known has not, and
# add them there; 1 if there is one
fresh()
{
	local line

	words "$2" | LC_ALL=C comm -13 "$QTMP/known" - >"$QTMP/fresh"
	[ -s "$QTMP/fresh" ] || return 0
	while IFS= read -r line; do
		say "FAIL $1: $(grep -F -m1 -- "${line#*: }" "$2" | tr '\t' ' ')"
	done <"$QTMP/fresh"
	# Named once, where it comes first
	LC_ALL=C sort -u -o "$QTMP/known" "$QTMP/known" "$QTMP/fresh"
	return 1
}
