using System.Globalization;
using CheckpointRestart.Fuzz;
using SharpFuzz;

// What a fuzzer gives goes the way that an image from outside goes; see tests/Fuzz/README.md.
switch (args)
{
    case ["afl"]:
        Fuzzer.OutOfProcess.Run(stream =>
        {
            using var bytes = new MemoryStream();
            stream.CopyTo(bytes);
            ImageTarget.Try(bytes.ToArray());
        });
        return 0;
    case ["libfuzzer"]:
        Fuzzer.LibFuzzer.Run(bytes => ImageTarget.Try(bytes.ToArray()));
        return 0;
    case ["try", var file]:
        Console.WriteLine(ImageTarget.Try(File.ReadAllBytes(file)));
        return 0;
    case ["corpus", var from, var to]:
        Corpus.Make(from, to);
        return 0;
    case ["run", var corpus, var count, var seed]:
        return Corpus.Run(corpus, int.Parse(count, CultureInfo.InvariantCulture), int.Parse(seed, CultureInfo.InvariantCulture));
    default:
        Console.Error.WriteLine("afl | libfuzzer | try FILE | corpus FROM TO | run CORPUS COUNT SEED");
        return 2;
}
