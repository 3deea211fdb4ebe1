# Loops, arithmetic, case, functions, expansions: what every shell does by itself.
twice() { result=$(($1 * 2 % 1009)); }
i=0 sum=0 text=
while [ $i -lt 60000 ]; do
    i=$((i + 1))
    twice $i
    case $result in
        *7) sum=$((sum + result)) ;;
        1?) sum=$((sum - 1)) ;;
        *) text=${text#?}$result ;;
    esac
    [ ${#text} -lt 40 ] || text=${text%??????????}
done
echo $sum $text
