using Vibe.Load.Reports;

namespace Vibe.Load.Scenarios;

/// <summary>What is measured, against what, and what is wanted.</summary>
/// <param name="Id">Its name on the command line.</param>
/// <param name="What">What is done.</param>
/// <param name="Limit">What does the same with nothing of Vibe in the way.</param>
/// <param name="Goals">What is wanted of its cases.</param>
/// <param name="Measure">Measures it; absent where that is still to come.</param>
/// <param name="Comes">What it comes with, if it cannot be measured yet.</param>
internal sealed record Workload(
    string Id,
    string What,
    string Limit,
    Goal[] Goals,
    Func<Bench, Task>? Measure = null,
    string Comes = "a later step"
)
{
    /// <summary>How the limit is called in tables.</summary>
    public string Beside { get; init; } = "twin";

    /// <summary>The figures that its table shows.</summary>
    public IReadOnlyList<Column> Columns { get; init; } = Reports.Columns.Flow;

    /// <summary>The figures that are drawn against the size, where it is measured how cost grows.</summary>
    public IReadOnlyList<Figure> Plots { get; init; } = [];

    /// <summary>What is wanted of a case.</summary>
    public Goal[] GoalsOf(string name) => [.. Goals.Where(goal => goal.IsFor(name))];
}
