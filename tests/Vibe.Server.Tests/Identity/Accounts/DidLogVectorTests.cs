using Vibe.Identity.Accounts;

namespace Vibe.Server.Tests.Identity.Accounts;

/// <summary>The logs that did:plc publishes for implementers.</summary>
public class DidLogVectorTests
{
    [Fact]
    public void Every_official_valid_log_is_accepted()
    {
        foreach (var file in Logs("valid"))
        {
            var entries = DidLogEntry.ReadAll(File.ReadAllText(file));
            var log = DidLog.Validate(entries[0].Did, entries);

            Assert.Equal(entries.Where(entry => !entry.Nullified).Select(entry => entry.Cid), Cids(log));
        }
    }

    [Fact]
    public void Every_official_invalid_log_is_refused()
    {
        foreach (var file in Logs("invalid"))
        {
            var json = File.ReadAllText(file);
            Assert.Throws<InvalidDidLogException>(() =>
            {
                var entries = DidLogEntry.ReadAll(json);
                DidLog.Validate(entries[0].Did, entries);
            });
        }
    }

    [Fact]
    public void Every_official_operation_survives_its_stored_form()
    {
        foreach (var entry in Logs("valid").SelectMany(file => DidLogEntry.ReadAll(File.ReadAllText(file))))
        {
            var stored = DidOperation.FromCbor(entry.Operation.Cbor);

            Assert.Equal(entry.Cid, stored.Cid);
            Assert.Equal(entry.Cid, DidOperation.FromJson(stored.ToJson()).Cid);
        }
    }

    [Fact]
    public void The_tombstone_of_an_official_log_ends_it()
    {
        var file = Path.Combine(OutsideVectors.Folder("did-plc-oplogs"), "valid", "log_tombstone.json");
        var entries = DidLogEntry.ReadAll(File.ReadAllText(file));

        Assert.True(DidLog.Validate(entries[0].Did, entries).IsEnded);
    }

    private static string[] Logs(string kind)
    {
        var files = Directory.GetFiles(Path.Combine(OutsideVectors.Folder("did-plc-oplogs"), kind), "*.json");
        Assert.NotEmpty(files);
        return files;
    }

    private static IEnumerable<string> Cids(DidLog log) => log.Operations.Select(operation => operation.Cid);
}
