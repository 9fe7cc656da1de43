using Vibe.Proof.Mutants;
using Vibe.Proof.Runs;
using Vibe.Testing;

namespace Vibe.Proof.Tests;

/// <summary>The mutants fit the server as it stands, so that a proof is never run against rules that are gone already.</summary>
public sealed class MutantTests
{
    internal static readonly string Root = Checkout.Root;

    [Fact]
    public void Every_mutant_and_every_pause_finds_its_text_in_the_server_once()
    {
        var mutants = Mutant.All(Path.Combine(Root, "tests/Vibe.Proof/Mutants"));
        var pauses = Mutant.Pauses(Path.Combine(Root, "tests/Vibe.Proof/Mutants"));

        Assert.NotEmpty(mutants);
        Assert.NotEmpty(pauses);
        Assert.NotEmpty(Weaving.Weave(Root, [.. mutants, .. pauses]));
    }

    [Fact]
    public void Every_point_at_which_servers_are_killed_finds_its_text_beside_the_mutants()
    {
        var points = KillPoint.All(Path.Combine(Root, "tests/Vibe.Proof/Mutants"));

        Assert.NotEmpty(points);
        Assert.NotEmpty(Weaving.Weave(Root, Mutant.All(Path.Combine(Root, "tests/Vibe.Proof/Mutants")), points));
    }

    [Fact]
    public void Every_mutant_names_a_proof_that_exists() =>
        Assert.All(
            Mutant.All(Path.Combine(Root, "tests/Vibe.Proof/Mutants")),
            mutant => Assert.Contains(mutant.Proof, Proofs.All.Keys)
        );

    [Fact]
    public void A_mutant_whose_text_is_gone_is_refused()
    {
        var mutant = new Mutant(
            "gone",
            "R1",
            "two-worlds",
            "",
            [new Edit("server/Vibe.Server/Program.cs", "no such text", "")]
        );

        Assert.Throws<FormatException>(() => Weaving.Weave(Root, [mutant]));
    }

    [Fact]
    public void The_server_itself_has_no_switch() =>
        Assert.All(
            ["Vibe.Hosting.Mutants", "Vibe.Hosting.Pauses"],
            name => Assert.Null(typeof(Hosting.Limits).Assembly.GetType(name))
        );
}
