using System.Globalization;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;

namespace CheckpointRestart.Bench.Report;

/// <summary>The pictures of docs/performance.md, as SVG.</summary>
internal static class Plots
{
    static readonly (string Peer, OxyColor Colour)[] Peers =
        [("here", OxyColor.FromRgb(0x1f, 0x77, 0xb4)), ("qemu-i386", OxyColor.FromRgb(0xd6, 0x60, 0x2b)), ("native", OxyColor.FromRgb(0x5a, 0x9a, 0x5a))];

    /// <summary>Our time to qemu-i386's, a bar a program.</summary>
    public static void Ratios(IReadOnlyList<(string Name, double Ratio)> ratios, string path)
    {
        var plot = New("Time here to time under qemu-i386: shorter is faster than it");
        plot.Axes.Add(new CategoryAxis { Position = AxisPosition.Left, ItemsSource = ratios.Select(r => r.Name).Reverse().ToList(), GapWidth = 0.3 });
        plot.Axes.Add(new LogarithmicAxis { Position = AxisPosition.Bottom, Title = "ratio", MaximumPadding = 0.1, MinimumPadding = 0.1, MajorGridlineStyle = LineStyle.Solid, MajorGridlineColor = OxyColors.LightGray });
        var bars = new BarSeries { FillColor = Peers[0].Colour, BaseValue = 1, LabelFormatString = "{0:0.00}", LabelPlacement = LabelPlacement.Outside };
        foreach (var (_, ratio) in ratios.Reverse()) bars.Items.Add(new BarItem(ratio));
        plot.Series.Add(bars);
        plot.Annotations.Add(new OxyPlot.Annotations.LineAnnotation { Type = OxyPlot.Annotations.LineAnnotationType.Vertical, X = 1, Color = OxyColors.Black, LineStyle = LineStyle.Solid });
        Write(plot, path, 800, 90 + 22 * ratios.Count);
    }

    /// <summary>Time against a number, a line a peer.</summary>
    public static void Curve(string title, string along, IReadOnlyList<Figure> figures, string path)
    {
        var plot = New(title);
        plot.Axes.Add(new LogarithmicAxis { Position = AxisPosition.Bottom, Title = along, MajorGridlineStyle = LineStyle.Solid, MajorGridlineColor = OxyColors.LightGray });
        plot.Axes.Add(new LogarithmicAxis { Position = AxisPosition.Left, Title = "seconds", MajorGridlineStyle = LineStyle.Solid, MajorGridlineColor = OxyColors.LightGray });
        foreach (var (peer, colour) in Peers)
        {
            var line = new LineSeries { Title = peer, Color = colour, MarkerType = MarkerType.Circle, MarkerFill = colour, MarkerSize = 3 };
            foreach (var figure in figures.Where(f => f.Peer == peer)) line.Points.Add(new DataPoint(double.Parse(figure.Name, CultureInfo.InvariantCulture), figure.Wall));
            if (line.Points.Count > 0) plot.Series.Add(line);
        }
        plot.Legends.Add(new Legend { LegendPosition = LegendPosition.LeftTop });
        Write(plot, path, 640, 360);
    }

    static PlotModel New(string title) => new() { Title = title, TitleFontSize = 13, TitleFontWeight = 400, Background = OxyColors.White, DefaultFont = "Arial", Padding = new OxyThickness(12, 12, 24, 12), Culture = CultureInfo.InvariantCulture };

    static void Write(PlotModel plot, string path, int width, int height)
    {
        using var stream = File.Create(path);
        new SvgExporter { Width = width, Height = height, UseVerticalTextAlignmentWorkaround = true, TextMeasurer = new Measurer(width, height) }.Export(plot, stream);
    }

    /// <summary>The library measures in points, a quarter less than the pixels that viewers draw with.</summary>
    sealed class Measurer(double width, double height) : PdfRenderContext(width, height, OxyColors.White)
    {
        public override OxySize MeasureText(string text, string fontFamily, double fontSize, double fontWeight) => base.MeasureText(text, fontFamily, fontSize * 4 / 3, fontWeight);
    }
}
