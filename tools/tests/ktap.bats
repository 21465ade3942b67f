#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0
# ktap: what guests report is counted right, and nothing that is missing or
# broken in a report passes.

load common

# log: what run r reported, from standard input
log()
{
	cat >r.log
}

@test "nested KUnit output with kernel time stamps" {
	expect 1 ktap k="$DATA/kunit.log"
	same "$DATA/kunit.expect"
}

@test "kselftest output, plan at the end" {
	expect 1 ktap s="$DATA/kselftest.log"
	same "$DATA/kselftest.expect"
}

@test "all passed is 0" {
	expect 0 ktap r="$DATA/good.log"
	ends "5 passed, 0 failed, 1 skipped"
}

@test "several runs and logs add up" {
	expect 1 ktap r="$DATA/good.log" k="$DATA/kunit.log" r="$DATA/good.log"
	ends "15 passed, 2 failed, 5 skipped"
}

@test "CRLF, and no effect of noise between the lines" {
	sed 's/$/\r/' "$DATA/good.log" >crlf.log
	expect 0 ktap r=crlf.log
	ends "5 passed, 0 failed, 1 skipped"
	echo 'r beta' >list
	expect 0 ktap --required list r=crlf.log
	sed -i 's/1\.\.3/1..4/' crlf.log
	expect 1 ktap r=crlf.log
	has "4 planned, only 3 reported"
	sed 'a random: crng init done\n[    1.5] ok then\n  1..x\nnot okay 3' \
		"$DATA/good.log" >noise.log
	expect 0 ktap r=noise.log
	ends "5 passed, 0 failed, 1 skipped"
}

@test "prefixes of printk: caller, level" {
	sed 's/^/[    1.234567][  T123] /' "$DATA/good.log" >a.log
	sed 's/^/<6>[    1.234567] /' "$DATA/good.log" >b.log
	expect 0 ktap a=a.log b=b.log
	ends "10 passed, 0 failed, 2 skipped"
}

@test "a missing plan is accepted, a short one is not" {
	grep -v '1\.\.' "$DATA/good.log" >none.log
	expect 0 ktap r=none.log
	sed 's/^    1\.\.3/    1..4/' "$DATA/good.log" >more.log
	expect 1 ktap r=more.log
	has "alpha/(plan): 4 planned, only 3 reported"
	sed 's/^    1\.\.3/    1..2/' "$DATA/good.log" >less.log
	expect 1 ktap r=less.log
	has "alpha/(plan): 2 planned, but 3 reported"
	sed 's/^1\.\.2/1..3/' "$DATA/good.log" >top.log
	expect 1 ktap r=top.log
	has "3 planned, only 2 reported"
	ends "5 passed, 1 failed, 1 skipped"
}

@test "numbers out of order are accepted, one used twice is not" {
	sed -e 's/^    ok 1 one/    ok 3 one/' -e 's/^    ok 3 three/    ok 1 three/' \
		"$DATA/good.log" >order.log
	expect 0 ktap r=order.log
	sed 's/^    ok 3 three/    ok 1 three/' "$DATA/good.log" >twice.log
	expect 1 ktap r=twice.log
	has "number 1 was used twice"
}

@test "cut off anywhere it fails, with and without a list" {
	printf 'r alpha\nr beta\n' >list
	local size at

	size=$(wc -c <"$DATA/good.log")
	for ((at = 0; at < size; at += 7)); do
		head -c $at "$DATA/good.log" >cut.log
		expect 1 ktap r=cut.log
		expect 1 ktap --required list r=cut.log
	done
}

@test "a suite that began but never ended shows what was said last" {
	head -n 7 "$DATA/kunit.log" >cut.log
	echo '[    0.5] BUG: unable to handle page fault' >>cut.log
	expect 1 ktap r=cut.log
	has "vmap_block/(end): it began but reported no result"
	has "| BUG: unable to handle page fault"
	has "4 planned, only 1 reported"
}

@test "one suite begins inside another that is unfinished" {
	grep -v '^ok 1 alpha' "$DATA/good.log" >r.log
	expect 1 ktap r=r.log
	has "alpha/(end)"
	has "ok    r  beta"
	ends "5 passed, 1 failed, 1 skipped"
	tail -n +3 r.log >headless.log
	expect 1 ktap r=headless.log
	has "alpha/(end)"
}

@test "parameters without a result of their case" {
	grep -v '^    ok 2 two$' "$DATA/good.log" >r.log
	expect 1 ktap r=r.log
	has "alpha/two/(end)"
	ends "5 passed, 1 failed, 1 skipped"
	sed -i '/^    ok 3 three$/d' r.log
	expect 1 ktap r=r.log
	has "alpha/two/(end)"
	has "alpha/(plan): 3 planned, only 2 reported"
}

@test "tabs and blanks indent alike" {
	sed '/ok/!s/^    /\t/' "$DATA/good.log" >r.log
	expect 0 ktap r=r.log
	ends "5 passed, 0 failed, 1 skipped"
}

@test "a parent that contradicts its tests fails" {
	sed 's/^ok 1 alpha/not ok 1 alpha/' "$DATA/good.log" >r.log
	expect 1 ktap r=r.log
	has "reported as failed though no test in it did"
	sed 's/^        ok 2 y/        not ok 2 y/' "$DATA/good.log" >r.log
	expect 1 ktap r=r.log
	has "FAIL  r  alpha  3/1/0"
}

@test "a test program's own 'not ok' behind an ok is not lost" {
	sed 's/^not ok 2 contig_test.*/ok 2 contig_test/' "$DATA/kselftest.log" >r.log
	expect 1 ktap r=r.log
	has "reported as ok, but in its output: # not ok 2 half full"
	sed -i 's/half full/half full # XFAIL/' r.log
	expect 0 ktap r=r.log
}

@test "directives" {
	log <<-'EOT'
		TAP version 13
		1..7
		ok 1 a # SKIP why
		not ok 2 b # skip
		not ok 3 c # TODO later
		ok 4 d # XFAIL known
		ok 5 e # TIMEOUT 30 s
		ok 6 - f # rcode=0
		ok 7 # SKIP g
	EOT
	expect 1 ktap r=r.log
	has "skip  r  b"
	has "skip  r  g"
	has "e: TIMEOUT 30 s"
	has "ok    r  f"
	ends "1 passed, 1 failed, 5 skipped"
}

@test "a suite in which nothing ran is no pass" {
	log <<-'EOT'
		KTAP version 1
		1..1
		    KTAP version 1
		    # Subtest: empty
		    1..0
		ok 1 empty
	EOT
	expect 1 ktap r=r.log
	ends "0 passed, 0 failed, 1 skipped"
	echo 'r empty' >list
	expect 1 ktap --required list r="$DATA/good.log" r=r.log
	has "empty: listed but skipped: no test ran in it"
}

@test "an empty or foreign log fails" {
	: >empty.log
	expect 1 ktap r=empty.log
	ends "0 passed, 1 failed, 0 skipped"
	echo 'Linux version 7.2.13' >boot.log
	expect 1 ktap good="$DATA/good.log" r=boot.log
	has "no result in boot.log"
}

@test "required suites: there, absent, without a log" {
	printf '# list\n\nr alpha\nr  beta  # remark\n' >list
	expect 0 ktap --required list r="$DATA/good.log"
	printf 'r gamma\nother delta two words\n' >>list
	expect 1 ktap --required list r="$DATA/good.log"
	has "gamma: suite did not run"
	has "delta two words: suite did not run: no log given"
	ends "5 passed, 2 failed, 1 skipped"
	expect 1 ktap --required list r="$DATA/good.log" other=absent.log
	has "delta two words: suite did not run: cannot read absent.log"
	ends "5 passed, 2 failed, 1 skipped"
}

@test "a required name must match whole, at the top level" {
	printf 'r alph\nr one\n' >list
	expect 1 ktap --required list r="$DATA/good.log"
	ends "5 passed, 2 failed, 1 skipped"
}

@test "a required suite that was skipped fails unless it may" {
	log <<-'EOT'
		KTAP version 1
		1..3
		ok 1 runs
		ok 2 leaf # SKIP no device
		    KTAP version 1
		    # Subtest: nested
		    1..1
		    ok 1 case # SKIP no device
		ok 3 nested # SKIP no device
	EOT
	printf 'r leaf may-skip\nr nested may-skip\n' >list
	expect 0 ktap --required list r=r.log
	ends "1 passed, 0 failed, 2 skipped"
	printf 'r leaf\nr nested\n' >list
	expect 1 ktap --required list r=r.log
	has "leaf: listed but skipped: SKIP no device"
	has "nested/(required): listed but skipped"
	ends "1 passed, 2 failed, 1 skipped"
}

@test "a note on a run is a failed test" {
	expect 1 ktap --run-note "r=crashed: BUG at mm/vmalloc.c:1" r="$DATA/good.log"
	has "(run): crashed: BUG at mm/vmalloc.c:1"
	ends "5 passed, 1 failed, 1 skipped"
	expect 1 ktap --run-note "boot=timed out after 60 s"
	has "FAIL  boot  (run)"
}

@test "JUnit is well-formed whatever the log says" {
	{
		printf 'KTAP version 1\n1..2\n# <&]]>"\x01\x1b[31m \xff\xfe \xc3\xa9\n'
		printf '# \xed\xa0\x80 \xc0\xaf \xf4\x90\x80\x80 \xef\xbf\xbf\n'
		printf 'not ok 1 a<b>&"c\x02 # ERROR <why>\nok 2 \x00n\n'
	} >r.log
	expect 1 ktap --junit out.xml r=r.log k="$DATA/kunit.log"
	hasnt $'\x1b'
	xmllint --noout out.xml
	[ "$(xmllint --xpath 'string(/testsuites/@tests)' out.xml)" = 12 ]
	[ "$(xmllint --xpath 'count(//testcase)' out.xml)" = 12 ]
	[ "$(xmllint --xpath 'count(//failure)' out.xml)" = 3 ]
	[ "$(xmllint --xpath 'count(//skipped)' out.xml)" = 3 ]
	[ "$(xmllint --xpath 'string(//testsuite[@name="k.vmap_block"]/@failures)' out.xml)" = 1 ]
	xmllint --xpath '//testcase[@name="vmap_block_sizes/64 pages"]/failure' out.xml |
		grep -q 'EXPECTATION FAILED'
	[ "$(find . -name '*.tmp' | wc -l)" = 0 ]
}

@test "wrong use is 4 and says why, in one line" {
	local args

	for args in "" "r" "=x" "r=" "--required absent r=x" \
		    "--run-note x r=x"; do
		# shellcheck disable=SC2086
		expect 4 ktap $args
		[ "${#lines[@]}" -eq 1 ]
		has "ktap: error: "
	done
	echo 'r' >list
	expect 4 ktap --required list r="$DATA/good.log"
	has "list:1: no suite behind 'r'"
	expect 4 ktap --junit none/out.xml r="$DATA/good.log"
	has "cannot write none/out.xml"
	expect 0 ktap --help
	has "usage: ktap"
}

@test "a short run of the fuzzer" {
	command -v "$BATS_TEST_DIRNAME/fuzz-ktap"
	expect 0 "$BATS_TEST_DIRNAME/fuzz-ktap" 40
}
