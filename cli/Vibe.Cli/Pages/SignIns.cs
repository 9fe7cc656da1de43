using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Vibe.Cli.Pages;

/// <summary>What a browser holds of a session: a cookie that no script reads, and a key that no other origin reads.</summary>
/// <param name="Cookie">Browsers send it to every port of the host, and so to other programs of the machine too.</param>
/// <param name="Key">The page keeps it for its own origin, port included; one without the other opens nothing.</param>
internal sealed record SessionHalves(string Cookie, string Key);

/// <summary>
/// Who is signed in to the page, in the memory of this process alone. A secret is good once and for ten minutes; a session
/// lasts as long as the process.
/// </summary>
internal sealed class SignIns<TPerson>(TimeProvider clock)
    where TPerson : class
{
    /// <summary>How long a secret may wait to be used.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private const int SecretBytes = 32;

    private readonly Lock _lock = new();
    private readonly List<Invitation> _invitations = [];
    private readonly List<Session> _sessions = [];

    /// <summary>Makes a secret that signs one browser in as a person.</summary>
    public string Invite(TPerson person)
    {
        var secret = NewSecret();
        lock (_lock)
            _invitations.Add(new Invitation(HashOf(secret), person, clock.GetUtcNow() + Patience));
        return secret;
    }

    /// <summary>Uses a secret up; nothing where there is none like it that may still be used.</summary>
    public SessionHalves? Redeem(string secret)
    {
        var hash = HashOf(secret);
        lock (_lock)
        {
            _invitations.RemoveAll(invitation => invitation.EndsAt <= clock.GetUtcNow());
            if (_invitations.Find(invitation => IsEqual(invitation.Hash, hash)) is not { } used)
                return null;
            _invitations.Remove(used);
            var halves = new SessionHalves(NewSecret(), NewSecret());
            _sessions.Add(new Session(HashOf(halves.Cookie), HashOf(halves.Key), used.Person));
            return halves;
        }
    }

    /// <summary>Finds whose session it is; nobody's where either half is missing or of another session.</summary>
    public TPerson? Find(SessionHalves halves)
    {
        var (cookie, key) = (HashOf(halves.Cookie), HashOf(halves.Key));
        lock (_lock)
            return _sessions.Find(session => IsEqual(session.Cookie, cookie) & IsEqual(session.Key, key))?.Person;
    }

    private static string NewSecret() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));

    private static byte[] HashOf(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    private static bool IsEqual(byte[] left, byte[] right) => CryptographicOperations.FixedTimeEquals(left, right);

    private sealed record Invitation(byte[] Hash, TPerson Person, DateTimeOffset EndsAt);

    private sealed record Session(byte[] Cookie, byte[] Key, TPerson Person);
}
