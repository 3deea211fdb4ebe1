# Counts words, fields and letters, and replaces.
{
    for (i = 1; i <= NF; i++) {
        word = $i
        sub(/[.,]$/, "", word)
        count[word]++
        total += length(word)
    }
    if ($0 ~ /^[a-e].*(ea|io)/) matched++
    gsub(/e+/, "E")
    changed += index($0, "E")
}
END {
    for (word in count) if (count[word] > most || (count[word] == most && word < best)) { most = count[word]; best = word }
    for (i = 0; i < 1000000; i++) sum = (sum * 31 + i) % 1000003
    print NR, total, length(count), best, most, matched, changed, sum
}
