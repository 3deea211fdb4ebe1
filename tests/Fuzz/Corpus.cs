using System.Globalization;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Image.Protection;

namespace CheckpointRestart.Fuzz;

/// <summary>Images to begin with, and a driver of our own for where there is no other.</summary>
internal static class Corpus
{
    /// <summary>Writes images again as a fuzzer wants them: pages as they are, and small.</summary>
    public static void Make(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string file in Directory.GetFiles(from, "*.cr"))
        {
            string copy = Path.Combine(to, Path.GetFileName(file));
            try
            {
                using var image = ExtendedReader.Open(file);
                using var stream = File.Create(copy);
                ExtendedWriter.Write(image, stream, new ExtendedWriterOptions());
            }
            catch (ProtectionException exception) when (exception.Problem == ProtectionProblem.KeyNeeded)
            {
                // What guards an image from reading is hostile input too.
                File.Copy(file, copy, overwrite: true);
            }
        }
    }

    /// <summary>Changes images blindly and tries each as it is and with its checksums repaired.</summary>
    /// <returns>0 when all was refused or ran.</returns>
    public static int Run(string corpus, int count, int seed)
    {
        byte[][] images = [.. Directory.GetFiles(corpus).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];
        int found = 0, ran = 0;
        var (slowest, slowestSeed) = (TimeSpan.Zero, seed);
        for (int i = 0; i < count; i++)
        {
            byte[] bytes = Change(images, new Random(seed + i));
            var began = Environment.CpuUsage.TotalTime;
            try
            {
                if (ImageTarget.Try(bytes).EndsWith("runs", StringComparison.Ordinal)) ran++;
            }
            catch (Exception error)
            {
                found++;
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"seed {seed + i}: {error}"));
                File.WriteAllBytes(string.Create(CultureInfo.InvariantCulture, $"found-{seed + i}.cr"), Change(images, new Random(seed + i)));
            }
            var took = Environment.CpuUsage.TotalTime - began;
            if (took > slowest) (slowest, slowestSeed) = (took, seed + i);
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{count} changed images: {ran} ran, {count - ran - found} were refused, {found} did something else; the slowest, of seed {slowestSeed}, took {slowest.TotalSeconds:f2} s of processor time"));
        return found == 0 ? 0 : 1;
    }

    static byte[] Change(byte[][] images, Random random)
    {
        var bytes = images[random.Next(images.Length)].ToArray();
        // Most of an image's bytes are of its pages, which mean nothing to a reader.
        int reach = random.Next(4) == 0 ? bytes.Length : Math.Min(bytes.Length, 200_000);
        for (int changes = 1 + random.Next(4); changes > 0; changes--)
        {
            int at = random.Next(reach);
            switch (random.Next(6))
            {
                case 0: bytes[at] = (byte)random.Next(256); break;
                case 1: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 2: bytes[at]++; break;
                case 3: bytes.AsSpan(at, Math.Min(bytes.Length - at, 1 << random.Next(4))).Fill((byte)(random.Next(2) * 255)); break;
                case 4:
                    int from = random.Next(reach), length = Math.Min(1 + random.Next(64), bytes.Length - Math.Max(from, at));
                    bytes.AsSpan(from, length).ToArray().CopyTo(bytes.AsSpan(at));
                    break;
                default: if (random.Next(8) == 0) bytes = bytes[..(at + 1)]; else bytes[at] = 0; break;
            }
            reach = Math.Min(reach, bytes.Length);
        }
        return bytes;
    }
}
