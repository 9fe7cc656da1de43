namespace Vibe.Load.Scenarios;

/// <summary>What is measured, against what, and what is wanted.</summary>
/// <param name="Id">Its name on the command line.</param>
/// <param name="What">What is done.</param>
/// <param name="Limit">What does the same with nothing of Vibe in the way.</param>
/// <param name="Goals">What is wanted of every case.</param>
/// <param name="Measure">Measures it; absent where that is still to come.</param>
/// <param name="Comes">What it comes with, if it cannot be measured yet.</param>
internal sealed record Workload(
    string Id,
    string What,
    string Limit,
    Goal[] Goals,
    Func<Bench, Task>? Measure = null,
    string Comes = "a later step"
);
