namespace Vibe.Load.Measures;

/// <summary>What came of some load.</summary>
/// <param name="Sent">The calls of the whole load, those that felt out the speed before it was measured included.</param>
/// <param name="Measured">The calls that were measured.</param>
/// <param name="Elapsed">How long those took together.</param>
/// <param name="Latencies">How long each of them took.</param>
/// <param name="AnswerBytes">The bytes of all answers as they are framed on the wire.</param>
internal sealed record Outcome(long Sent, long Measured, TimeSpan Elapsed, Latencies Latencies, long AnswerBytes);
