using System.Text.Json.Nodes;
using CsCheck;
using Vibe.Identity.Accounts;

namespace Vibe.Server.Tests.Identity.Accounts;

public class DagCborTests
{
    [Fact]
    public void Every_official_fixture_has_the_name_that_its_content_gives_it()
    {
        foreach (var file in Fixtures())
            Assert.Equal(Path.GetFileNameWithoutExtension(file), ContentId.Of(File.ReadAllBytes(file)));
    }

    [Fact]
    public void An_official_fixture_is_written_as_it_was_read_or_is_refused_for_what_no_operation_holds()
    {
        var read = 0;
        foreach (var bytes in Fixtures().Select(File.ReadAllBytes))
        {
            try
            {
                Assert.Equal(bytes, DagCbor.Encode(DagCbor.Decode(bytes)));
                read++;
            }
            catch (InvalidDidLogException) { }
        }

        Assert.NotEqual(0, read);
    }

    [Theory]
    [InlineData("a2616101616102", "a key twice")]
    [InlineData("a3636261720363666f6f0163666f6f02", "a key twice, official")]
    [InlineData("a262616160616160", "keys out of order")]
    [InlineData("7801" + "61", "a length longer than it must be")]
    [InlineData("7f6161ff", "an indefinite length")]
    [InlineData("6161f6", "bytes after the value")]
    [InlineData("61ff", "text that is not UTF-8")]
    [InlineData("a10160", "a key that is not text")]
    [InlineData("d82a450001020304", "a tag")]
    [InlineData("9b7fffffffffffffff", "a list longer than the bytes")]
    [InlineData("81818181818181818181f6", "lists too deep")]
    [InlineData("", "nothing")]
    public void What_has_another_form_than_the_canonical_one_is_refused(string hex, string reason) =>
        Assert.True(Refuses(() => DagCbor.Decode(Convert.FromHexString(hex))), reason);

    [Fact]
    public void Keys_are_ordered_by_length_and_then_by_bytes()
    {
        var map = new JsonObject
        {
            ["bb"] = null,
            ["b"] = null,
            ["é"] = null,
            ["a"] = null,
        };

        Assert.Equal("a46161f66162f6626262f662c3a9f6", Convert.ToHexStringLower(DagCbor.Encode(map)));
    }

    [Fact]
    public void Bytes_at_random_are_read_as_canonical_or_refused() =>
        Gen
            .Byte.Array[0, 64]
            .Sample(bytes =>
                Refuses(() => DidOperation.FromCbor(bytes))
                && (Refuses(() => DagCbor.Decode(bytes)) || DagCbor.Encode(DagCbor.Decode(bytes)).SequenceEqual(bytes))
            );

    private static bool Refuses(Action read)
    {
        try
        {
            read();
            return false;
        }
        catch (InvalidDidLogException)
        {
            return true;
        }
    }

    private static string[] Fixtures()
    {
        var folder = Path.Combine(OutsideVectors.Folder("dag-cbor"), "fixtures");
        var files = Directory.GetFiles(folder, "*.dag-cbor", SearchOption.AllDirectories);
        Assert.NotEmpty(files);
        return files;
    }
}
