using System.Reflection;
using Vibe.Testing;
using Xunit;
using Xunit.Sdk;
using Xunit.v3;

namespace Vibe.Client.Tests.Live;

/// <summary>Runs a theory on each engine.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class EachEngineAttribute : DataAttribute
{
    public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(
        MethodInfo testMethod,
        DisposalTracker disposalTracker
    ) =>
        ValueTask.FromResult<IReadOnlyCollection<ITheoryDataRow>>([
            new TheoryDataRow<Engine>(Engine.Sqlite),
            new TheoryDataRow<Engine>(Engine.Postgres),
        ]);

    public override bool SupportsDiscoveryEnumeration() => true;
}
