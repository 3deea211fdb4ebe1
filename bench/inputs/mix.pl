# A mix of Perl's work: hashes, arrays, regular expressions, string building, sorting.
use strict;
use warnings;

my (%count, @long, $total);
open my $file, '<', '/bench/short-text' or die;
for my $round (1 .. 2) {
    seek $file, 0, 0;
    while (my $line = <$file>) {
        chomp $line;
        for my $word (split / /, $line) {
            $word =~ s/[.,]$//;
            $count{$word}++;
            push @long, $word if length $word > 8 && $word =~ /^(\w)\w*\1$/;
        }
        $line =~ tr/a-m/n-z/;
        $total += length(join '-', reverse split //, substr $line, 0, 20);
    }
}
my @order = sort { $count{$b} <=> $count{$a} || $a cmp $b } keys %count;
my $sum = 0;
for my $i (0 .. 400_000) { $sum = ($sum * 31 + $i) % 1_000_003; }
print "$order[0] $count{$order[0]} ", scalar(@order), ' ', scalar(@long), " $total $sum\n";
