namespace Vibe.Hosting.Refusals;

/// <summary>Refusals that count as the same: of one caller, one rpc, one reason, in one minute.</summary>
/// <param name="Space">The id of the person's own space, where the grant would be.</param>
/// <param name="App">The app, or <c>vibe</c> in a first-party session.</param>
/// <param name="Grant">The grant that the token names; empty where it names none.</param>
/// <param name="Rpc">The rpc, as <c>package.Service/Method</c>.</param>
/// <param name="Reason">The reason of the contract.</param>
/// <param name="Minute">The minute, since the Unix epoch.</param>
public readonly record struct RefusedCall(
    string Space,
    string App,
    string Grant,
    string Rpc,
    string Reason,
    long Minute
);
