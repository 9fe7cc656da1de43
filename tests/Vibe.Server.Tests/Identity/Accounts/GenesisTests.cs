using System.Security.Cryptography;
using Vibe.Identity.Accounts;

namespace Vibe.Server.Tests.Identity.Accounts;

public sealed class GenesisTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly ECDsa rotationKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa vibeKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public void Dispose()
    {
        rotationKey.Dispose();
        vibeKey.Dispose();
    }

    [Fact]
    public void A_new_identity_proves_itself()
    {
        var (operation, did, suffix) = Genesis.Create(rotationKey, vibeKey);

        Assert.Matches("^did:vibe:[a-z2-7]{24}$", did);
        Assert.Equal("did:vibe:" + suffix, did);
        Assert.Equal(operation.Cid, DidLog.Open(did, operation, Start).Head.Cid);
        Assert.Matches("^bafyrei[a-z2-7]{52}$", operation.Cid);
    }

    [Fact]
    public void A_new_identity_names_two_keys_and_nothing_else()
    {
        var operation = Genesis.Create(rotationKey, vibeKey).Operation;

        Assert.Equal([DidKey.Of(rotationKey)], operation.RotationKeys);
        Assert.Equal(DidKey.Of(vibeKey), Assert.Single(operation.VerificationMethods, m => m.Key == "vibe").Value);
        Assert.Empty(operation.AlsoKnownAs);
        Assert.Empty(operation.Services);
        Assert.Null(operation.Prev);
    }

    [Fact]
    public void The_same_log_is_a_did_plc_log_with_the_same_suffix()
    {
        var genesis = Genesis.Create(rotationKey, vibeKey);

        Assert.Equal(
            "did:plc:" + genesis.Suffix,
            DidLog.Open("did:plc:" + genesis.Suffix, genesis.Operation, Start).Did
        );
    }

    [Fact]
    public void Any_flipped_bit_of_the_stored_operation_breaks_it()
    {
        var genesis = Genesis.Create(rotationKey, vibeKey);
        var bytes = genesis.Operation.Cbor.ToArray();

        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            var tampered = (byte[])bytes.Clone();
            tampered[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Throws<InvalidDidLogException>(() =>
                DidLog.Open(genesis.Did, DidOperation.FromCbor(tampered), Start)
            );
        }
    }

    [Fact]
    public void A_flipped_bit_is_refused_by_the_signature_even_under_the_did_that_it_makes()
    {
        var bytes = Genesis.Create(rotationKey, vibeKey).Operation.Cbor.ToArray();

        for (var bit = 0; bit < bytes.Length * 8; bit += 3)
        {
            var tampered = (byte[])bytes.Clone();
            tampered[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Throws<InvalidDidLogException>(() =>
            {
                var operation = DidOperation.FromCbor(tampered);
                DidLog.Open("did:vibe:" + operation.Suffix, operation, Start);
            });
        }
    }

    [Fact]
    public void Signing_always_gives_the_lower_s()
    {
        for (var i = 0; i < 50; i++)
        {
            var genesis = Genesis.Create(rotationKey, vibeKey);
            Assert.Equal(genesis.Did, DidLog.Open(genesis.Did, genesis.Operation, Start).Did);
        }
    }

    [Fact]
    public void A_key_on_another_curve_makes_no_identity()
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP384);

        Assert.Throws<ArgumentException>(() => Genesis.Create(other, vibeKey));
    }
}
