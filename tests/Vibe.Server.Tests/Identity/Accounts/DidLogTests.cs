using System.Buffers.Text;
using System.Numerics;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Vibe.Identity.Accounts;

namespace Vibe.Server.Tests.Identity.Accounts;

public sealed class DidLogTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly ECDsa recovery = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa server = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly DidOperation genesis;
    private readonly DidLog log;

    public DidLogTests()
    {
        genesis = Stating("first", prev: null).Sign(server);
        log = DidLog.Open("did:vibe:" + genesis.Suffix, genesis, Start);
    }

    public void Dispose()
    {
        recovery.Dispose();
        server.Dispose();
        stranger.Dispose();
    }

    [Fact]
    public void An_operation_signed_by_a_rotation_key_becomes_the_head()
    {
        var next = Stating("second", genesis.Cid).Sign(server);

        Assert.Equal(next.Cid, log.Append(next, Start.AddDays(1)).Head.Cid);
    }

    [Fact]
    public void An_operation_signed_by_a_stranger_is_refused() =>
        Refused(log, Stating("second", genesis.Cid).Sign(stranger), Start.AddDays(1));

    [Fact]
    public void An_unsigned_operation_is_refused() => Refused(log, Stating("second", genesis.Cid), Start.AddDays(1));

    [Fact]
    public void An_operation_that_follows_nothing_in_the_log_is_refused()
    {
        Refused(log, Stating("second", prev: null).Sign(server), Start.AddDays(1));
        Refused(log, Stating("second", ContentId.Of([1])).Sign(server), Start.AddDays(1));
    }

    [Fact]
    public void Times_that_run_backwards_are_refused() =>
        Refused(log, Stating("second", genesis.Cid).Sign(server), Start.AddTicks(-1));

    [Fact]
    public void A_higher_key_takes_back_what_a_lower_key_did_until_72_hours_are_over()
    {
        var taken = log.Append(Stating("taken", genesis.Cid).Sign(server), Start.AddHours(1));
        var recovered = Stating("recovered", genesis.Cid).Sign(recovery);

        Assert.Equal([genesis.Cid, recovered.Cid], Cids(taken.Append(recovered, Start.AddHours(73))));
        Refused(taken, recovered, Start.AddHours(73).AddTicks(1));
    }

    [Fact]
    public void A_key_does_not_take_back_what_its_equal_or_a_higher_key_did()
    {
        var byServer = log.Append(Stating("taken", genesis.Cid).Sign(server), Start.AddHours(1));
        var byRecovery = log.Append(Stating("taken", genesis.Cid).Sign(recovery), Start.AddHours(1));

        Refused(byServer, Stating("again", genesis.Cid).Sign(server), Start.AddHours(2));
        Refused(byRecovery, Stating("again", genesis.Cid).Sign(server), Start.AddHours(2));
        Refused(byRecovery, Stating("again", genesis.Cid).Sign(recovery), Start.AddHours(2));
    }

    [Fact]
    public void Nothing_follows_what_was_taken_back()
    {
        var taken = Stating("taken", genesis.Cid).Sign(server);
        var recovered = log.Append(taken, Start.AddHours(1))
            .Append(Stating("recovered", genesis.Cid).Sign(recovery), Start.AddHours(2));

        Refused(recovered, Stating("again", taken.Cid).Sign(recovery), Start.AddHours(3));
    }

    [Fact]
    public void Nothing_follows_the_end_but_a_higher_key_takes_the_end_back()
    {
        var end = DidOperation.Tombstone(genesis.Cid).Sign(server);
        var ended = log.Append(end, Start.AddHours(1));

        Assert.True(ended.IsEnded);
        Refused(ended, Stating("again", end.Cid).Sign(server), Start.AddHours(2));
        Assert.False(ended.Append(Stating("back", genesis.Cid).Sign(recovery), Start.AddHours(2)).IsEnded);
    }

    [Fact]
    public void The_upper_s_of_a_signature_is_refused()
    {
        var next = Stating("second", genesis.Cid).Sign(server);
        var signature = Base64Url.DecodeFromChars(next.Sig);
        var s = new BigInteger(signature.AsSpan(32), isUnsigned: true, isBigEndian: true);
        var upper = (KeyCurve.P256.Order - s).ToByteArray(isUnsigned: true, isBigEndian: true);

        Refused(log, WithSig(next, Base64Url.EncodeToString([.. signature[..32], .. upper])), Start.AddDays(1));
    }

    [Fact]
    public void A_signature_in_der_is_refused()
    {
        var next = Stating("second", genesis.Cid).Sign(server);
        var unsigned = JsonNode.Parse(next.ToJson())!.AsObject();
        unsigned.Remove("sig");
        var der = server.SignData(
            DagCbor.Encode(unsigned),
            HashAlgorithmName.SHA256,
            DSASignatureFormat.Rfc3279DerSequence
        );

        Refused(log, WithSig(next, Base64Url.EncodeToString(der)), Start.AddDays(1));
    }

    [Fact]
    public void A_signature_counts_in_one_spelling_only()
    {
        var next = Stating("second", genesis.Cid).Sign(server);
        var sig = next.Sig!;

        foreach (var other in new[] { sig + "==", sig + "\n", " " + sig, sig[..^1], sig[..^1] + (char)(sig[^1] + 1) })
            Refused(log, WithSig(next, other), Start.AddDays(1));
    }

    [Fact]
    public void A_log_under_another_did_is_refused()
    {
        var other = "did:vibe:" + new string('a', 24);

        Assert.Throws<InvalidDidLogException>(() => DidLog.Open(other, genesis, Start));
        Assert.Throws<InvalidDidLogException>(() => DidLog.Open("did:web:" + genesis.Suffix, genesis, Start));
    }

    [Fact]
    public void A_directory_that_marks_an_entry_wrongly_is_refused()
    {
        var entry = new DidLogEntry(log.Did, genesis, genesis.Cid, Nullified: false, Start);

        Assert.Equal(genesis.Cid, DidLog.Validate(log.Did, [entry]).Head.Cid);
        foreach (
            var wrong in new[] { entry with { Nullified = true }, entry with { Cid = "b" }, entry with { Did = "" } }
        )
            Assert.Throws<InvalidDidLogException>(() => DidLog.Validate(log.Did, [wrong]));
        Assert.Throws<InvalidDidLogException>(() => DidLog.Validate(log.Did, []));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("\ud800")]
    [InlineData("""{"\ud800":"","type":"plc_tombstone","prev":"b"}""")]
    [InlineData("[]")]
    [InlineData("""{"type":"plc_tombstone"}""")]
    [InlineData("""{"type":"plc_tombstone","prev":1}""")]
    [InlineData("""{"type":"plc_tombstone","prev":"b","prev":"b"}""")]
    [InlineData("""{"type":"plc_tombstone","prev":"b","more":"x"}""")]
    [InlineData("""{"type":"plc_tombstone","prev":"\ud800"}""")]
    [InlineData("""{"type":"plc_tombstone","prev":"b","sig":null}""")]
    [InlineData("""{"type":"other","prev":null}""")]
    [InlineData(
        """{"type":"plc_operation","rotationKeys":["x"],"verificationMethods":{},"alsoKnownAs":[],"services":{},"prev":null}"""
    )]
    [InlineData(
        """{"type":"plc_operation","rotationKeys":[],"verificationMethods":{},"alsoKnownAs":[null],"services":{},"prev":null}"""
    )]
    [InlineData(
        """{"type":"plc_operation","rotationKeys":[],"verificationMethods":{},"alsoKnownAs":[],"services":{"a":"b"},"prev":null}"""
    )]
    public void What_is_not_an_operation_is_not_read(string json) =>
        Assert.Throws<InvalidDidLogException>(() => DidOperation.FromJson(json));

    [Fact]
    public void An_operation_that_is_too_large_is_not_made() =>
        Assert.Throws<InvalidDidLogException>(() => Stating(new string('x', DidOperation.MaxBytes), prev: null));

    private DidOperation Stating(string name, string? prev) =>
        DidOperation.Create(
            [DidKey.Of(recovery), DidKey.Of(server)],
            new Dictionary<string, string>(),
            ["at://" + name],
            new Dictionary<string, DidService> { ["vibe_server"] = new("VibeServer", "https://vibe.example") },
            prev
        );

    private static DidOperation WithSig(DidOperation operation, string sig)
    {
        var members = JsonNode.Parse(operation.ToJson())!.AsObject();
        members["sig"] = sig;
        return DidOperation.FromJson(members.ToJsonString());
    }

    private static void Refused(DidLog log, DidOperation operation, DateTimeOffset received) =>
        Assert.Throws<InvalidDidLogException>(() => log.Append(operation, received));

    private static IEnumerable<string> Cids(DidLog log) => log.Operations.Select(operation => operation.Cid);
}
