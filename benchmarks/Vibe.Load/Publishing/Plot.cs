using System.Security;
using System.Text;

namespace Vibe.Load.Publishing;

/// <summary>A line of a plot.</summary>
/// <param name="Name">What it is of.</param>
/// <param name="Group">Lines of one group have one colour and one mark.</param>
/// <param name="IsBeside">Whether it is there to compare with, and dashed.</param>
/// <param name="Points">Sizes and figures.</param>
internal sealed record PlotLine(
    string Name,
    int Group,
    bool IsBeside,
    IReadOnlyList<(double Size, double Figure)> Points
);

/// <summary>Lines over two logarithmic axes, as SVG that can be read in the light and in the dark.</summary>
internal sealed class Plot(string title, string sizes, IReadOnlyList<PlotLine> lines)
{
    private const int Width = 720;
    private const int Height = 440;
    private const int Left = 72;
    private const int Right = 44;
    private const int Top = 92;
    private const int Bottom = 56;
    private const int LegendColumn = 150;
    private const int LegendLine = 20;

    // An image does not know the page around it, so it brings a ground of its own.
    private const string Style = """
          <style>
            text { font: 13px system-ui, sans-serif; fill: #24292f }
            .title { font-weight: 600; font-size: 15px }
            .ground { fill: #ffffff } .grid { stroke: #d9dee3; stroke-width: 1 }
            .line { fill: none; stroke-width: 2 } .beside { stroke-dasharray: 6 4 }
            .g0 { stroke: #1f5fbf; color: #1f5fbf } .g1 { stroke: #b04a00; color: #b04a00 } .g2 { stroke: #1a7a3c; color: #1a7a3c }
            .mark { fill: currentColor; stroke-width: 2 } .mark.beside { fill: #ffffff; stroke-dasharray: none }
            @media (prefers-color-scheme: dark) {
              text { fill: #e6e8eb } .ground { fill: #15181c } .grid { stroke: #343a42 }
              .g0 { stroke: #7fb2ff; color: #7fb2ff } .g1 { stroke: #ffab66; color: #ffab66 } .g2 { stroke: #6fd08f; color: #6fd08f }
              .mark.beside { fill: #15181c }
            }
          </style>
        """;

    private readonly LogAxis _across = new(
        [.. lines.SelectMany(line => line.Points).Select(point => point.Size)],
        true
    );
    private readonly LogAxis _up = new([.. lines.SelectMany(line => line.Points).Select(point => point.Figure)], false);
    private readonly StringBuilder _svg = new();

    public string Draw()
    {
        Add(
            $"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {Height}" width="{Width}" height="{Height}" role="img">"""
        );
        Add($"  <title>{SecurityElement.Escape(title)}</title>");
        _svg.Append(Style).Append('\n');
        Add($"""  <rect class="ground" width="{Width}" height="{Height}" rx="6"/>""");
        Add($"""  <text class="title" x="{Left}" y="28">{SecurityElement.Escape(title)}</text>""");
        DrawAxes();
        foreach (var line in lines)
            Draw(line);
        Add("</svg>");
        return _svg.ToString();
    }

    private void DrawAxes()
    {
        foreach (var tick in _up.Ticks)
        {
            Add($"""  <path class="grid" d="M{Left} {Y(tick):0.#}H{Width - Right}"/>""");
            Add($"""  <text x="{Left - 8}" y="{Y(tick) + 4:0.#}" text-anchor="end">{tick:#,0.####}</text>""");
        }
        foreach (var tick in _across.Ticks)
        {
            Add($"""  <path class="grid" d="M{X(tick):0.#} {Top}V{Height - Bottom}"/>""");
            Add($"""  <text x="{X(tick):0.#}" y="{Height - Bottom + 20}" text-anchor="middle">{tick:#,0}</text>""");
        }
        Add($"""  <text x="{(Left + Width - Right) / 2}" y="{Height - 12}" text-anchor="middle">{sizes}</text>""");
    }

    private void Draw(PlotLine line)
    {
        var looks = $"g{line.Group}{(line.IsBeside ? " beside" : "")}";
        var way = string.Join('L', line.Points.Select(point => $"{X(point.Size):0.#} {Y(point.Figure):0.#}"));
        Add($"""  <path class="line {looks}" d="M{way}"/>""");
        foreach (var (size, figure) in line.Points)
            Mark(line.Group, looks, X(size), Y(figure));
        var (x, y) = (Left + line.Group * LegendColumn, 50 + (line.IsBeside ? LegendLine : 0));
        Add($"""  <path class="line {looks}" d="M{x} {y}h28"/>""");
        Mark(line.Group, looks, x + 14, y);
        Add($"""  <text x="{x + 36}" y="{y + 4}">{SecurityElement.Escape(line.Name)}</text>""");
    }

    // Colours alone do not tell lines apart for everybody.
    private void Mark(int group, string looks, double x, double y)
    {
        var shape = group switch
        {
            0 => "m-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z",
            1 => "m-4 -4h8v8h-8z",
            _ => "m0 -5l5 9h-10z",
        };
        Add($"""  <path class="mark {looks}" d="M{x:0.#} {y:0.#}{shape}"/>""");
    }

    private double X(double size) => Left + _across.Place(size) * (Width - Left - Right);

    private double Y(double figure) => Height - Bottom - _up.Place(figure) * (Height - Top - Bottom);

    private void Add(string line) => _svg.Append(line).Append('\n');
}
