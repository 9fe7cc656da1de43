using System.Security.Cryptography;
using Vibe.Identity.Accounts;

namespace Vibe.Server.Tests.Identity.Accounts;

public class DidKeyTests
{
    [Fact]
    public void A_key_written_and_read_again_verifies_what_it_signed()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var text = DidKey.Of(key);
        var signature = KeyCurve.P256.WithLowS(key.SignData([1, 2, 3], HashAlgorithmName.SHA256));

        Assert.StartsWith("did:key:zDn", text);
        Assert.True(DidKey.Parse(text).Verifies([1, 2, 3], signature));
        Assert.False(DidKey.Parse(text).Verifies([1, 2, 4], signature));
    }

    [Theory]
    [InlineData("did:key:zDnaefqvvRQsME5c7LvxdghHeARNWEFbg2PfrAYiHhKVf9rH9")]
    [InlineData("did:key:zQ3shwPdax6jKMbhtzbueGwSjc7RnjsmPcNB1vQUpbKUCN1t1")]
    public void A_key_on_either_curve_keeps_its_spelling(string text) =>
        Assert.Equal(text, DidKey.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("did:key:z")]
    [InlineData("did:key:z0OIl")]
    [InlineData("did:key:zDnaefqvvRQsME5c7Lvx\u00e9ghHeARNWEFbg2PfrAYiHhKVf9rH9")]
    [InlineData("did:key:zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz")]
    [InlineData("did:key:z1111111111111111111111111111111111111111111111111")]
    [InlineData("did:key:zDnaefqvvRQsME5c7LvxdghHeARNWEFbg2PfrAYiHhKVf9rH")]
    [InlineData("did:key:zDnaefqvvRQsME5c7LvxdghHeARNWEFbg2PfrAYiHhKVf9rH9 ")]
    [InlineData("did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK")]
    public void What_is_not_a_supported_key_is_not_read(string text) =>
        Assert.Throws<InvalidDidLogException>(() => DidKey.Parse(text));
}
