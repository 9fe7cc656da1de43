using Vibe.Load.Measures;
using Vibe.Load.Reports;
using Vibe.Load.Scenarios;

namespace Vibe.Load.Publishing;

/// <summary>How cost grows with size, as figures and drawn.</summary>
/// <param name="evidence">What was measured.</param>
/// <param name="folder">Where the plots will be, seen from the page.</param>
internal sealed class GrowthSection(Evidence evidence, string folder)
{
    private readonly SortedDictionary<string, string> _plots = new(StringComparer.Ordinal);

    /// <summary>The plots, by the names of their files.</summary>
    public IReadOnlyDictionary<string, string> Plots => _plots;

    public void Write(Markdown page)
    {
        if (evidence.Rows.All(row => row.Size is null))
            return;
        page.Heading(2, "How cost grows");
        page.Block(
            """
            The same work at sizes that are ten times each other. Flat is good: then what is there costs nothing, and only what is
            done does. Small collections are measured many at once, because creating makes them larger: none more than doubles; the
            twin has one table for all of them. Documents that are read lie among the others at even distances. *fill* creates in
            batches of up to 100, and those to be read one by one in between, from an empty server without a warm-up, once. In the
            plots lines of Vibe are whole, those of the twin dashed; both axes are logarithmic.
            """
        );
        foreach (var workload in Workloads.Growing)
            if (evidence.Rows.Where(row => row.Workload == workload.Id).ToArray() is { Length: > 0 } rows)
            {
                page.Heading(3, $"{Capital(workload.Id)}: {workload.What}");
                page.Block($"Beside it: {workload.Limit}.");
                foreach (var engine in rows.GroupBy(row => row.Engine))
                    Write(page, workload, engine.Key, [.. engine]);
            }
    }

    private void Write(Markdown page, Workload workload, string engine, Row[] rows)
    {
        page.Heading(4, Engines.TitleOf(engine));
        foreach (var figure in workload.Plots)
            page.Block(Draw(workload, engine, figure, rows));
        foreach (var cases in rows.GroupBy(row => row.Case))
        {
            var sizes = cases.OrderBy(row => row.Size).ToArray();
            WorkloadSection.WriteFigures(page, workload, sizes, row => $"{row.Case}, {row.Size:n0}");
            if (sizes.Length > 1)
                page.Block(
                    $"From {sizes[0].Size:n0} to {sizes[^1].Size:n0}: "
                        + string.Join(", ", workload.Plots.Select(figure => Change(figure, sizes[0], sizes[^1])))
                        + "."
                );
        }
    }

    private static string Change(Figure figure, Row smallest, Row largest) =>
        $"{figure.Text()} {Factor(figure, smallest.Vibe, largest.Vibe)}"
        + $" (the twin's {Factor(figure, smallest.Twin, largest.Twin)})";

    private string Draw(Workload workload, string engine, Figure figure, Row[] rows)
    {
        var title = $"{figure.Text()} ({figure.Unit()}) by {workload.Id}, {Engines.TitleOf(engine)}";
        var lines = rows.GroupBy(row => row.Case)
            .SelectMany(
                (cases, group) =>
                    new[]
                    {
                        new PlotLine(
                            $"{cases.Key}, Vibe",
                            group,
                            IsBeside: false,
                            Points(cases, row => row.Vibe, figure)
                        ),
                        new PlotLine(
                            $"{cases.Key}, twin",
                            group,
                            IsBeside: true,
                            Points(cases, row => row.Twin, figure)
                        ),
                    }
            )
            .Where(line => line.Points.Count > 0)
            .ToArray();
        if (lines.Length == 0)
            return $"{Capital(title)}: no figure.";
        var name = $"{workload.Id}-{engine}-{figure.Text()}.svg".Replace(' ', '-').ToLowerInvariant();
        _plots[name] = new Plot(title, workload.Id, lines).Draw();
        return $"![{title}]({folder}/{name})";
    }

    private static (double, double)[] Points(
        IEnumerable<Row> rows,
        Func<Row, IReadOnlyList<Sample>> side,
        Figure figure
    ) =>
        [
            .. from row in rows
            orderby row.Size
            let middle = figure.Of(side(row))?.Median
            // There is no place for nothing on an axis of powers.
            where middle > 0
            select ((double)row.Size!, middle.Value),
        ];

    private static string Factor(Figure figure, IReadOnlyList<Sample> smallest, IReadOnlyList<Sample> largest) =>
        figure.Of(largest)?.Median / figure.Of(smallest)?.Median is { } factor
            ? factor < 0.1
                ? $"× {factor:0.####}"
                : $"× {factor:f2}"
            : "–";

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
