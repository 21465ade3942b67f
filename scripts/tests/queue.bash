# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154
# A tiny kernel and a tiny patch queue for the tests of the queue's programs.
# The user's git settings are as hostile as possible.

queue_setup()
{
	S=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
	W=$BATS_TEST_TMPDIR
	export HOME=$W/home XDG_CACHE_HOME=$W/cache TMPDIR=$W/tmp
	mkdir -p "$HOME" "$TMPDIR"
	unset "${!GIT_@}" XDG_CONFIG_HOME SECTION FORCE KEEP REVERSE KDIR TREE \
		FROM BASE KSRC DRY V VERSION PATCH AUTHOR CHANGES
	git config --global user.name "Zoë User"
	git config --global user.email zoe@example.org
	git config --global commit.gpgSign true
	git config --global gpg.program false
	git config --global am.threeWay true
	git config --global core.autocrlf true
	git config --global core.hooksPath "$W/hooks"
	git config --global diff.noprefix true
	git config --global diff.renames false
	git config --global format.signOff true
	git config --global format.signature "-- me"
	git config --global init.defaultBranch other
	mkdir "$W/hooks"
	printf '#!/bin/sh\nexit 1\n' >"$W/hooks/pre-commit"
	cp "$W/hooks/pre-commit" "$W/hooks/applypatch-msg"
	cp "$W/hooks/pre-commit" "$W/hooks/reference-transaction"
	chmod +x "$W"/hooks/*
	export BUILD=$W/build PATCHES=$W/patches BASES=$W/bases
	export BASE_SRC=$W/kernel BASE_VERSION=7.2.13
	export EXCEPTIONS=$W/exceptions
	printf '# known\n7.2.13  stable\n' >"$BASES"
	kernel "$W/kernel"
	mkdir -p "$PATCHES"/{tests,vmap-block,contig}
	printf '# tests: benchmarks\n# vmap-block: blocks\n# contig: ranges  # needs: vmap-block\n' \
		>"$PATCHES/series"
	printf '# Per-CPU blocks\n\nContext: é.\n' >"$PATCHES/vmap-block/cover.md"
	printf '# Ranges\n\nContext.\n' >"$PATCHES/contig/cover.md"
}

# u ARGS: git as the user would call it in BUILD/linux, settings and all
# (but for those that would stop a person, too)
u()
{
	git -c commit.gpgSign=false -c core.hooksPath=/dev/null \
		-c core.autocrlf=false -C "$BUILD/linux" "$@"
}

kernel()
{
	local i d

	mkdir -p "$1"/{mm,lib,scripts}
	printf 'VERSION = 7\nPATCHLEVEL = 2\nSUBLEVEL = 13\nEXTRAVERSION =\n' \
		>"$1/Makefile"
	for i in $(seq 60); do
		printf 'int foo%d(void);\n' "$i"
	done >"$1/mm/foo.c"
	sed 's/foo/bar/' "$1/mm/foo.c" >"$1/mm/bar.c"
	sed 's/foo/old/' "$1/mm/foo.c" >"$1/mm/old.c"
	printf 'one\r\ntwo\r\nthree\r\nfour\r\n' >"$1/lib/crlf.txt"
	printf '.*\n*.o\n!.gitignore\n' >"$1/.gitignore"
	printf 'ignored, and of the base\n' >"$1/.clang-format"
	printf 'x\n' >"$1/lib/with space.txt"
	ln -s foo.c "$1/mm/link.c"
	printf '#!/bin/sh\n' >"$1/scripts/run.sh"
	chmod 755 "$1/scripts/run.sh"
	cat >"$1/scripts/checkpatch.pl" <<-'END'
	my $sign = !grep { $_ eq '--no-signoff' } @ARGV;
	for my $f (grep { /\.patch$/ } @ARGV) {
		my ($n, $signed) = (0, 0);
		open my $h, '<', $f or die "no $f\n";
		while (<$h>) {
			$n++;
			$signed = 1 if /^Signed-off-by: /;
			print "$f:$n: WARNING:LONG_LINE: line over\n" if /^\+.*CHECKME/;
		}
		print "$f:$n: ERROR:MISSING_SIGN_OFF: Missing\n" if $sign && !$signed;
	}
	END
	# People by file, and the options that export uses
	cat >"$1/scripts/get_maintainer.pl" <<-'END'
	my %no; my $all = "";
	for my $a (@ARGV) {
		if ($a =~ /^--no(.*)/) { $no{$1} = 1; next; }
		open my $h, '<', $a or die "no $a\n";
		local $/; $all .= <$h>;
	}
	die "asks git\n" unless $no{git} && $no{fixes} && $no{rolestats};
	print "Andrew Morton <akpm\@example.org>\n" unless $no{m};
	print "Ann Öther <ann\@example.org>\n" unless $no{r} || $all !~ m{a/mm/block};
	print "linux-mm\@example.org\n" unless $no{l};
	END
}

# commit SUBJECT: what is changed in BUILD/linux, as the user's commit
commit()
{
	u add -A
	u commit -q -m "$1" -m "${2:-Context, problem, solution.}"
}

# three: a queue of three patches, one per section
three()
{
	"$S/tree"
	cd "$BUILD/linux" || return
	sed -i 's/foo10(/foo10_test(/' mm/foo.c
	commit "mm: first of the tests"
	SECTION=tests "$S/refresh"
	sed -i 's/foo30(/foo30_block(/' mm/foo.c
	echo 'int block;' >mm/block.c
	commit "mm/block: add blocks"
	SECTION=vmap-block "$S/refresh"
	sed -i 's/foo50(/foo50_contig(/; s/bar5(/bar5_contig(/' mm/foo.c mm/bar.c
	commit "mm: contiguous ranges"
	SECTION=contig "$S/refresh"
	cd "$W" || return
	T=tests/0001-mm-first-of-the-tests.patch
	B=vmap-block/0001-mm-block-add-blocks.patch
	C=contig/0001-mm-contiguous-ranges.patch
}

# sum DIRECTORY: names, modes and bytes of all below it
sum()
{
	(cd "$1" && find . \( -name .git -prune \) -o -printf '%p %m %y %l\n' |
		sort; cd "$1" && find . \( -name .git -prune \) -o -type f \
		-print0 | sort -z | xargs -0 sha256sum) | sha256sum
}

# says TEXT: the output has TEXT; shows the output when not
says()
{
	case $output in
	*"$1"*)	return 0 ;;
	esac
	printf 'wanted: %s\nstatus %s, output:\n%s\n' "$1" "$status" "$output"
	return 1
}

# fails CODE: it did, with one line of error
fails()
{
	if [ "$status" -ne "$1" ] ||
	   [ "$(grep -c ': error: ' <<<"$output")" -gt 1 ]; then
		printf 'status %s:\n%s\n' "$status" "$output"
		return 1
	fi
}

# not COMMAND...: it fails (a bare ! would not fail a test)
not()
{
	! "$@"
}

# clean: no temporary file is left
clean()
{
	[ -z "$(ls -A "$TMPDIR")" ] || { ls -AR "$TMPDIR"; return 1; }
	[ -z "$(find "$W" "$BUILD" -maxdepth 1 \( -name '*.new' -o -name '*.old' \
		-o -name '*.next' -o -name '.unpack*' \) -print | tee /dev/stderr)" ]
}
