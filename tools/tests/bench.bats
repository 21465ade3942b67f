#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0
# bench: the verdicts on two kernels' figures, and that nothing that is absent,
# broken or worse gets through.

load common

# two V P [METRIC]: compare map/1 only: vanilla measured V and patched P
two()
{
	echo "BENCH map/1 insn $1" >v.log
	echo "BENCH map/1 insn $2" >p.log
	bench compare --cases row vanilla=v.log patched=p.log
}

# row BETTER BAR MAX REF: that case's row
row()
{
	printf '@metric insn time instructions\nmap/1 insn %s %s %s %s - map\n' \
		"$@" >row
}

both()
{
	bench "$1" --cases "$DATA/cases" "${@:2}" vanilla="$DATA/vanilla.log" \
		patched=p.log
}

# with SED...: the patched kernel's log, changed
with()
{
	sed "$@" "$DATA/patched.log" >p.log
}

@test "the tables" {
	with ''
	expect 0 both compare
	same "$DATA/compare.expect"
	expect 0 both demo
	same "$DATA/demo.expect"
}

@test "the JSON" {
	with ''
	expect 0 both compare --json out.json --base 7.2.13 --stamp 2026-01-02
	diff -u "$DATA/run.json" out.json
}

@test "slower than the bar" {
	with 's/insn 525.125/insn 1071.3/'
	expect 1 both compare --json out.json
	has "SLOWER: bar 1.02"
	ends "7 cases, 4 faster, 1 slower, 5 bars held, 1 missed"
	grep -q '"verdict":.*"slower"' out.json
	expect 1 both demo
	has "SLOWER: bar 1.02"
}

@test "what missed stands once more at the end" {
	with 's/insn 525.125/insn 1071.3/;/^BENCH map.4 locks/d'
	expect 1 both compare
	[ "$(tail -n 5 <<<"$output")" = \
"missed:            vanilla        patched   ratio
map/1 insn           1,050          1,071  1.0200  SLOWER: bar 1.02
map/4 locks              1              -       -  MISSING: no figure of patched

7 cases, 4 faster, 1 slower, 4 bars held, 2 missed" ]
	expect 1 both demo
	[ "$(tail -n 5 <<<"$output")" = \
"
missed:           vanilla        patched   ratio
map/1 insn          1,050          1,071  1.0200  SLOWER: bar 1.02

3 cases, 2 faster, 1 slower, 2 bars held, 1 missed" ]
	# Neither what is left out nor what held
	expect 1 both compare --metrics insn
	hasnt map/4
	with ''
	expect 0 both compare
	hasnt missed:
}

@test "exactly at the bar, a little above it" {
	row lower default - -
	expect 0 two 1000 1020
	has "same"
	expect 1 two 1000 1021
	ends "1 cases, 0 faster, 1 slower, 0 bars held, 1 missed"
	row lower 1.10 - -
	expect 0 two 1000 1100
	has "1.10  held"
	expect 1 two 1000 1101
	row lower - - -
	expect 0 two 1000 5000
	ends "1 cases, 0 faster, 0 slower, 0 bars held, 0 missed"
}

@test "a bar that asks for a gain is missed before it is slower" {
	row lower 0.50 - -
	expect 0 two 1000 500
	expect 1 two 1000 510
	has "MISSED: bar 0.50"
	ends "1 cases, 0 faster, 0 slower, 0 bars held, 1 missed"
	expect 1 two 1000 1030
	has "SLOWER: bar 0.50"
}

@test "the maximum is absolute" {
	row lower default 900 -
	expect 0 two 1000 900
	expect 1 two 1000 901
	has "MISSED: at most 900 allowed"
	row higher default 900 -
	expect 1 two 800 899
	has "MISSED: at least 900 asked"
	expect 0 two 800 900
}

@test "higher is better" {
	row higher default - -
	expect 0 two 1000 4000
	has "faster"
	expect 1 two 1000 970
	has "SLOWER: bar 0.98"
	row higher 3 - -
	expect 1 two 1000 2000
	has "MISSED: bar 3.00"
}

@test "equal is equal both ways" {
	row equal default - -
	expect 0 two 7 7
	expect 1 two 7 7.1
	has "not as in vanilla"
	expect 1 two 7 6.9
	row equal 1.05 - -
	expect 0 two 100 104
	expect 0 two 100 96
	expect 1 two 100 94
}

@test "vanilla away from its published figure" {
	row lower default - 1000
	expect 0 two 1100 500
	expect 0 two 900 500
	expect 1 two 1101 500
	has "VANILLA OFF: vanilla should be 1,000 within 10 %"
	expect 1 two 899 500
	row lower default - =1000
	expect 1 two 1001 500
	has "vanilla should be 1,000"
}

@test "zeroes" {
	row lower default - -
	expect 0 two 0 0
	has "1.00  same"
	expect 1 two 0 1
	has "inf  SLOWER"
	expect 0 two 1 0
	has "0.00  faster"
	row higher default - -
	expect 0 two 0 0
	expect 0 two 0 1
	expect 1 two 1 0
	row equal default - -
	expect 0 two 0 0
	expect 1 two 0 1
	expect 1 two 1 0
	bench compare --cases row --json z.json vanilla=p.log patched=v.log || :
	run bench compare --cases row --json z.json vanilla=v.log patched=p.log
	hasnt nan
}

@test "no number is no result" {
	local bad

	row lower default - -
	for bad in nan -5 inf 12x 1,5 -- 1e999; do
		expect 1 two 1000 "$bad"
		has "INVALID: patched measured '$bad'"
		expect 1 two "$bad" 1000
		has "INVALID: vanilla measured '$bad'"
	done
	echo 'BENCH map/1 insn nan' >v.log
	echo 'BENCH map/1 insn 3' >p.log
	expect 1 bench compare --cases row --json z.json vanilla=v.log patched=p.log
	grep -q '"vanilla":.*null' z.json
}

@test "a row that was not measured fails and is named" {
	with '/map.4 insn/d'
	expect 1 both compare
	has "MISSING: no figure of patched"
	ends "7 cases, 4 faster, 0 slower, 5 bars held, 1 missed"
	grep -v 'map/4 insn' "$DATA/vanilla.log" >v.log
	expect 1 bench compare --cases "$DATA/cases" vanilla=v.log patched=p.log
	has "no figure of vanilla; no figure of patched"
	: >p.log
	expect 1 both compare
	has "no BENCH line in p.log"
	has " 7 missed"
}

@test "several logs merge; the same figure twice only if it is the same" {
	with '/locks/d'
	grep locks "$DATA/patched.log" >more.log
	expect 0 bench compare --cases "$DATA/cases" vanilla="$DATA/vanilla.log" \
		patched=p.log,more.log
	same "$DATA/compare.expect"
	expect 0 bench compare --cases "$DATA/cases" baseline="$DATA/vanilla.log" \
		patched=more.log,p.log
	same "$DATA/compare.expect"
	echo "BENCH map/1 insn 525.125" >>more.log
	expect 0 bench compare --cases "$DATA/cases" vanilla="$DATA/vanilla.log" \
		patched=p.log,more.log
	echo "BENCH map/1 insn 525.126" >>more.log
	expect 4 bench compare --cases "$DATA/cases" vanilla="$DATA/vanilla.log" \
		patched=p.log,more.log
	has "more.log:5: map/1 insn is 525.126 for patched, but 525.125 was read before"
}

# runs VANILLA... -- PATCHED...: map/1 insn by rows of row, a run a figure;
# `-' is a run that has no such figure
runs()
{
	local who=vanilla nr=0 args=() figure

	for figure; do
		if [ "$figure" = -- ]; then
			who=patched
			continue
		fi
		nr=$((nr + 1))
		echo "BENCH other insn 1" >$nr.log
		[ "$figure" = - ] || echo "BENCH map/1 insn $figure" >>$nr.log
		args+=("$who=$nr.log")
	done
	bench compare --cases row --json out.json "${args[@]}"
}

# figures VANILLA PATCHED RUNS: what the JSON has of the last runs
figures()
{
	grep -q "^			\"vanilla\":	$1,\$" out.json &&
	grep -q "^			\"patched\":	$2,\$" out.json &&
	grep -q "^	\"runs\":	$3,\$" out.json && return
	cat out.json
	return 1
}

@test "several runs: the median" {
	row lower default - -
	expect 0 runs 1000 -- 1020
	figures 1000 1020 1
	# One boot that is off does not make a miss, nor does it hide one
	expect 0 runs 1000 1000 1000 -- 1025 1001 1002
	figures 1000 1002 3
	expect 1 runs 1000 1030 1000 -- 1025 1024 900
	figures 1000 1024 3
	has "SLOWER: bar 1.02"
	ends "1 cases, 0 faster, 1 slower, 0 bars held, 1 missed"
	# The mean of the middle two; by value, not as text or in order
	expect 0 runs 1000 -- 900 9 10000 1000
	figures 1000 950 1
	expect 0 runs 3 1 -- 0.5 1
	figures 2 0.75 2
	# Of 3 and 2 runs the JSON does not promise 3
	expect 0 runs 3 3 3 -- 3 3
	figures 3 3 2
	expect 0 runs 1 2 3 4 5 6 7 -- 7 6 5 4 3 2 1
	figures 4 4 7
}

@test "several runs: maxima and published figures are held against the median" {
	row lower - 900 -
	expect 0 runs 1 1 1 -- 5000 900 899
	expect 1 runs 1 1 1 -- 901 900 901
	has "MISSED: at most 900 allowed"
	# What must not happen must not happen once
	row lower - 0 -
	expect 0 runs 1 1 1 -- 0 0 0
	expect 1 runs 1 1 1 -- 0 3 0
	has "MISSED: 0 in each run allowed, 3 in one"
	row lower - - =1000
	expect 0 runs 1000 1 1001 -- 1 1 1
	expect 1 runs 1000 1001 1001 -- 1 1 1
	has "VANILLA OFF: vanilla should be 1,000"
	row equal default - -
	expect 0 runs 7 7 8 -- 6 7 7
	expect 1 runs 7 7 8 -- 6 6 7
}

@test "several runs: no number in one of them is none" {
	row lower default - -
	expect 1 runs 1000 1000 1000 -- 1000 nan 1000
	has "INVALID: patched measured 'nan'"
	figures 1000 null 3
	expect 1 runs 1000 -5 oops -- 1 1 1
	has "INVALID: vanilla measured '-5'"
}

@test "several runs: the median of those that have it, and that is said" {
	row lower default - -
	expect 0 runs 1000 1000 1000 -- 1000 - 1010
	figures 1000 1005 3
	has "1 figure is not from all runs, as map/1 insn of patched: 2 of 3"
	expect 1 runs 1000 1000 -- - -
	has "MISSING: no figure of patched"
	expect 0 runs 1000 1000 -- 1000 1000
	hasnt "not from all runs"
}

@test "several runs: each of several logs, in any order; twice only in another" {
	with ''
	sed 's/insn 525.125/insn 5000/' p.log >off.log
	grep locks p.log >locks.log
	grep -v locks p.log >rest.log
	expect 0 bench compare --cases "$DATA/cases" patched=off.log \
		baseline="$DATA/vanilla.log" patched=rest.log,locks.log \
		vanilla="$DATA/vanilla.log" patched=p.log \
		vanilla="$DATA/vanilla.log"
	same "$DATA/compare.expect"
	expect 0 bench demo --cases "$DATA/cases" patched=p.log patched=p.log \
		vanilla="$DATA/vanilla.log" vanilla="$DATA/vanilla.log"
	same "$DATA/demo.expect"
	expect 4 bench compare --cases "$DATA/cases" \
		vanilla="$DATA/vanilla.log" patched=p.log patched=p.log,off.log
	has "off.log:1: map/1 insn is 5000 for patched, but 525.125 was read before"
	has "those of another run as another patched="
}

@test "a broken line is named" {
	with 's/^BENCH map.4 insn.*/BENCH map\/4 insn/'
	expect 4 both compare
	has "p.log:2: broken line"
}

@test "only some rows: --only-bars, --metrics" {
	with ''
	expect 0 both compare --only-bars
	hasnt "9.00"
	has "6 cases"
	sed 's/insn 1050.25/insn 1500/' "$DATA/vanilla.log" >v.log
	expect 1 bench compare --cases "$DATA/cases" vanilla=v.log patched=p.log
	expect 0 bench compare --only-bars --cases "$DATA/cases" vanilla=v.log \
		patched=p.log
	with '/locks/d'
	expect 1 both compare
	expect 0 both compare --metrics insn,success
	ends "4 cases, 4 faster, 0 slower, 4 bars held, 0 missed"
	expect 4 both compare --metrics ins
	has "no case is left"
}

@test "what has no row is named but not judged" {
	# a sed command, nothing for the shell
	# shellcheck disable=SC2016
	with '$aBENCH new/1 insn 5'
	expect 0 both compare
	has "1 measured value has no row"
	has "new/1 insn"
}

@test "colours only on a terminal, and not with NO_COLOR" {
	command -v script >/dev/null || skip "no script(1)"
	with 's/insn 525.125/insn 2000/'
	cmd="bench compare --cases $DATA/cases vanilla=$DATA/vanilla.log patched=p.log"
	unset NO_COLOR
	expect 1 bash -c "$cmd"
	hasnt $'\e['
	expect 1 script -qec "$cmd" /dev/null
	has $'\e[1;31mSLOWER'
	NO_COLOR=1 expect 1 script -qec "$cmd" /dev/null
	hasnt $'\e['
	has SLOWER
}

@test "broken lists of cases are refused by line" {
	local line n=0

	while read -r line; do
		printf '@metric insn time x\n%s\n' "$line" >row
		expect 4 two 1 1
		has "row:2: "
		[ "${#lines[@]}" -eq 1 ]
		n=$((n + 1))
	done <<-'EOT'
		map/1 insn lower default - -
		map/1 insn lower default - - -
		map/1 locks lower default - - - title
		map/1 insn less default - - - title
		map/1 insn lower 1,02 - - - title
		map/1 insn lower default x - - title
		map/1 insn lower default - =x - title
		map/1 insn lower default - -5 - title
		map/1 insn lower default - - show title
		map/1 insn none 1.02 - - - title
		@metric insn time again
		@metric locks sort title
	EOT
	[ $n -eq 12 ]
	printf '@metric i time x\na i lower - - - - t\na i lower - - - - t\n' >row
	expect 4 two 1 1
	has "row:3: a i stands there twice"
}

@test "the project's own list of cases is read" {
	: >v.log
	expect 1 bench compare --cases "$BATS_TEST_DIRNAME/../../kunit/bench.cases" \
		vanilla=v.log patched=v.log
	has "vm_map_ram, 4 pages"
	has "0 bars held"
}

@test "repeat" {
	with ''
	both compare --json a.json
	expect 0 bench repeat a.json a.json
	has "14 values, 0 missing, largest difference 0.00 %"
	sed 's/insn 1000$/insn 1014/' "$DATA/vanilla.log" >v.log
	bench compare --only-bars --cases "$DATA/cases" --json b.json \
		vanilla=v.log patched=p.log || :
	expect 1 bench repeat a.json b.json
	has "map/64 locks: MISSING in b.json"
	expect 1 bench repeat b.json a.json
	has "map/64 locks: MISSING in b.json"
	expect 0 bench repeat --metrics insn a.json b.json
	ends "6 values, 0 missing, largest difference 1.40 % (map/64 insn, vanilla), limit 1.50 %"
	expect 1 bench repeat --metrics insn --limit 1.3 a.json b.json
	has "map/64 insn, vanilla: 1,000 and 1,014, 1.40 %"
	expect 4 bench repeat --metrics none a.json b.json
	sed 's/insn 900/insn nan/' p.log >n.log
	bench compare --cases "$DATA/cases" --json n.json \
		vanilla="$DATA/vanilla.log" patched=n.log || :
	expect 1 bench repeat n.json n.json
	has "map/4 insn, patched: MISSING"
}

@test "wrong use is 4 and says why, in one line" {
	local args

	with ''
	for args in "" "comp" "compare" "compare --cases absent" \
		    "compare --cases $DATA/cases" \
		    "compare --cases $DATA/cases vanilla=p.log" \
		    "compare --cases $DATA/cases vanilla=p.log patched=absent" \
		    "compare --cases $DATA/cases other=p.log" \
		    "compare --cases $DATA/cases p.log" \
		    "compare --cases $DATA/cases --json no/x.json vanilla=p.log patched=p.log" \
		    "repeat a.json" "repeat absent p.log" "repeat p.log p.log" \
		    "repeat --limit x a b"; do
		# shellcheck disable=SC2086
		expect 4 bench $args
		has "bench: error: "
	done
	expect 0 bench --help
	has "usage: bench compare"
}

# shapes VANILLA PATCHED [OPEN]: one shape with three columns
# shellcheck disable=SC2086 # two words each
shapes()
{
	cat >row <<-END
	@metric map time mean
	@metric map_max time longest
	@metric most_kb count KB
	@column map lower 1.02 3 map
	@column map_max lower 1.5 300 max
	@column most_kb lower 1.1 64 KB
	@shape shape/a ${3:--} a shape
	END
	printf 'BENCH shape/a map %s\nBENCH shape/a map_max %s\n' $1 >v.log
	printf 'BENCH shape/a map %s\nBENCH shape/a map_max %s\n' $2 >p.log
	bench compare --cases row vanilla=v.log patched=p.log --json out.json
}

@test "shapes: a line of ratios; a column that nobody measured is empty" {
	expect 0 shapes '100 1000' '50 1800'
	has "a shape                                  0.50    1.80 "
	ends "2 cases, 1 faster, 0 slower, 2 bars held, 0 missed"
}

@test "shapes: above the bar and what may be added to it" {
	expect 1 shapes '100 1000' '106 1801'
	has "1.06!   1.80!"
	has "shape/a map_max"
	has "MISSED: at most 1.50 * vanilla + 300"
	ends "2 cases, 0 faster, 1 slower, 0 bars held, 2 missed"
}

@test "shapes: what is open is shown, and does not fail" {
	expect 0 shapes '100 1000' '50 9000' vmap-block:map_max
	has "0.50    9.00o"
	has "1 open"
	ends "2 cases, 1 faster, 0 slower, 1 bars held, 0 missed"
	grep -q '"open":.*"vmap-block"' out.json
	# other columns of it do
	expect 1 shapes '100 1000' '200 9000' vmap-block:map_max
	ends "2 cases, 0 faster, 1 slower, 0 bars held, 1 missed"
	# it may come off the list
	expect 0 shapes '100 1000' '50 900' vmap-block:map_max
	has "1 listed as open, and held here, as shape/a map_max"
}

@test "shapes: a column of one kernel only is missing" {
	expect 0 shapes '100 1000' '50 1000'
	echo 'BENCH shape/a most_kb 5' >>p.log
	expect 1 bench compare --cases row vanilla=v.log patched=p.log
	has "MISSING: no figure of vanilla"
}

@test "shapes: lines that are broken" {
	expect 4 shapes '1 1' '1 1' vmap-block:nothing
	has "'nothing' has a metric that is no @column above"
	expect 4 shapes '1 1' '1 1' nothing
	has "what is open is 'nothing'; write SECTION:METRIC,METRIC or -"
}

@test "shapes: other columns after a shape are a table of their own" {
	shapes '100 1000' '50 1000' >/dev/null
	cat >>row <<-'END'
	@metric lines count lines
	@column lines lower 1.1 1 lines
	@shape lines/b - another one
	END
	echo 'BENCH lines/b lines 10' >>v.log
	echo 'BENCH lines/b lines 13' >>p.log
	expect 1 bench compare --cases row vanilla=v.log patched=p.log
	has "patched / vanilla                         map     max      KB "
	has "patched / vanilla                       lines "
	has "another one                              1.30!"
	has "a shape                                  0.50    1.00 "
}
