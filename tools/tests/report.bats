#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0
# report: one page that is sound, needs no network, and shows what was measured.

load common

# page [ARG...]: draw it, and show it as output
page()
{
	report "$@" -o out.html && cat out.html
}

# count PATTERN: how many lines of the page have it
count()
{
	grep -c "$1" out.html || true
}

@test "a page with the figures, verdicts and plots" {
	expect 0 page "$DATA/run.json"
	has "Linux 7.2.13: vanilla and patched"
	has "measured 2026-01-02"
	has "<td>1,050</td><td>525</td><td>0.50</td>"
	has "faster"
	hasnt "<h2>History</h2>"
	# ratios; map; locks and successes
	[ "$(count '<svg ')" = 4 ]
	[ "$(count '</svg>')" = 4 ]
}

@test "offline: nothing is fetched, no second file" {
	expect 0 page "$DATA/run.json" "$DATA/run.json"
	hasnt "http:"
	hasnt "https:"
	hasnt "@import"
	hasnt "<script"
	hasnt "<link"
	hasnt " src="
	hasnt "xmlns"
	[ "$(find . -type f | wc -l)" = 1 ]
}

@test "the elements are closed and ids are used once" {
	expect 0 page "$DATA/run.json" "$DATA/run.json"
	# what HTML allows to leave open
	sed -e '1d' -e 's/<meta[^>]*>//' out.html >out.xml
	xmllint --noout out.xml
	[ -z "$(grep -o " id=['\"][^'\"]*['\"]" out.html | tr '"' "'" | sort | uniq -d)" ]
	grep -o "href='#[^']*'" out.html | sort -u | sed "s/href='#/id='/" >used
	while read -r id; do
		grep -q -- "$id" out.html
	done <used
}

@test "what is bad is coloured and named" {
	sed -e '0,/"verdict":.*/s//"verdict": "slower", "problems": "bar 1.02"/' \
		"$DATA/run.json" >bad.json
	expect 0 page bad.json
	has '<tr class="bad">'
	has "SLOWER: bar 1.02"
	expect 0 page "$DATA/run.json"
	hasnt '<tr class="bad">'
}

@test "history, oldest first" {
	sed 's/2026-01-02/2025-12-24/' "$DATA/run.json" >old.json
	sed 's/2026-01-02/2025-12-31/' "$DATA/run.json" >older.json
	expect 0 page "$DATA/run.json" older.json old.json
	has "<h2>History</h2>"
	[ "$(grep -o '<text>202[^<]*' out.html | tr '\n' ' ')" = \
		"<text>2025-12-24 <text>2025-12-31 <text>2026-01-02 " ]
}

@test "titles are text, not HTML or gnuplot" {
	cat >evil.sed <<-'EOT'
		s/map, 1 page/<script>alert(1)<\/script> 10 % u `touch x` 'q' @z {\\\\a} \\" é/
		s/7\.2\.13/<b>\&/
		s/2026-01-02/<i>/
	EOT
	sed -f evil.sed "$DATA/run.json" >evil.json
	printf 's/map, 4 pages/broken \xff\xfe utf-8/' >script
	sed -i -f script evil.json
	expect 0 page evil.json "$DATA/run.json"
	hasnt "<script"
	hasnt "<b>&"
	hasnt "<i>\""
	has "Linux &lt;b&gt;&amp;: vanilla"
	has "&lt;script&gt;alert(1)&lt;/script&gt; 10 % u \`touch x\`"
	[ ! -e x ]
	iconv -f UTF-8 -t UTF-8 out.html >/dev/null
}

@test "rows without a figure, or with 0 only, do not stop it" {
	sed -e 's/"vanilla":.*/"vanilla": null,/' -e 's/"ratio":.*/"ratio": null,/' \
		"$DATA/run.json" >null.json
	expect 0 page null.json
	has "<td>-</td>"
	sed -e 's/"vanilla":.*/"vanilla": 0,/' -e 's/"patched":.*/"patched": 0,/' \
		"$DATA/run.json" >zero.json
	expect 0 page zero.json
	has "0 in each case, on both kernels."
	echo '{"rows":[],"metrics":[]}' >empty.json
	expect 0 page empty.json null.json
}

@test "without gnuplot it is 4, with the repair, and no page" {
	mkdir bin
	report=$(command -v report)
	PATH=$PWD/bin expect 4 "$report" "$DATA/run.json" -o out.html
	has "cannot run gnuplot"
	has "apt-get install gnuplot-nox"
	printf '#!/bin/sh\necho broken >&2\nexit 3\n' >bin/gnuplot
	chmod +x bin/gnuplot
	PATH=$PWD/bin:$PATH expect 4 "$report" "$DATA/run.json" -o out.html
	has "gnuplot drew nothing"
	has "broken"
	[ "$(find . -name 'out.html*' | wc -l)" = 0 ]
}

@test "wrong use is 4 and says why" {
	expect 4 report
	has "no RUN.json given"
	expect 4 report "$DATA/run.json"
	has "add -o REPORT.html"
	expect 4 report absent.json -o out.html
	has "cannot read absent.json"
	expect 4 report "$DATA/vanilla.log" -o out.html
	has "is no result of bench compare --json"
	expect 4 report "$DATA/run.json" -o no/out.html
	has "cannot write no/out.html"
	expect 0 report --help
	has "usage: report"
}
