using System.Security.Cryptography;
using Vibe.Hosting;
using Vibe.Storage;

namespace Vibe.Identity.Keys;

/// <summary>
/// The key in a file that wraps every key in the database: who has only the one or only the other can neither mint nor
/// read a token. Replicas share the file.
/// </summary>
public sealed class MasterKey
{
    private const int KeyBytes = 32;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    private readonly byte[] _key;

    private MasterKey(byte[] key) => _key = key;

    /// <summary>Reads the key file.</summary>
    /// <exception cref="StartupException">It is missing, or is no key file.</exception>
    public static MasterKey Read(string path)
    {
        if (!File.Exists(path))
            throw new StartupException(
                $"The master key file {path} is missing. Put back the one that belongs to this database; "
                    + "without it no token can be minted or read."
            );
        try
        {
            var key = Convert.FromBase64String(File.ReadAllText(path).Trim());
            if (key.Length == KeyBytes)
                return new MasterKey(key);
        }
        catch (FormatException)
        {
            // Said below, together with a wrong length.
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"The master key file {path} cannot be read: {exception.Message}", exception);
        }
        throw new StartupException($"The file {path} is no master key file: it must hold {KeyBytes} bytes as base64.");
    }

    /// <summary>Reads the key file, or makes one that only its owner can read.</summary>
    public static MasterKey ReadOrCreate(string path)
    {
        if (File.Exists(path))
            return Read(path);
        DataFolder.Create(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Options = FileOptions.WriteThrough,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var key = RandomNumberGenerator.GetBytes(KeyBytes);
        using (var writer = new StreamWriter(path, options))
            writer.WriteLine(Convert.ToBase64String(key));
        return new MasterKey(key);
    }

    /// <summary>Encrypts a key for the database.</summary>
    /// <param name="secret">The key.</param>
    /// <param name="purpose">What the key is for; unwrapping it for anything else fails.</param>
    public byte[] Wrap(ReadOnlySpan<byte> secret, string purpose)
    {
        var wrapped = new byte[NonceBytes + secret.Length + TagBytes];
        RandomNumberGenerator.Fill(wrapped.AsSpan(0, NonceBytes));
        using var cipher = new AesGcm(_key, TagBytes);
        cipher.Encrypt(
            wrapped.AsSpan(0, NonceBytes),
            secret,
            wrapped.AsSpan(NonceBytes, secret.Length),
            wrapped.AsSpan(NonceBytes + secret.Length),
            System.Text.Encoding.UTF8.GetBytes(purpose)
        );
        return wrapped;
    }

    /// <summary>Decrypts a key from the database.</summary>
    /// <exception cref="StartupException">The master key is another one than that which wrapped it.</exception>
    public byte[] Unwrap(ReadOnlySpan<byte> wrapped, string purpose)
    {
        if (wrapped.Length < NonceBytes + TagBytes)
            throw new StartupException("A key in the database is cut short. Put back a backup of the database.");
        var secret = new byte[wrapped.Length - NonceBytes - TagBytes];
        using var cipher = new AesGcm(_key, TagBytes);
        try
        {
            cipher.Decrypt(
                wrapped[..NonceBytes],
                wrapped.Slice(NonceBytes, secret.Length),
                wrapped[^TagBytes..],
                secret,
                System.Text.Encoding.UTF8.GetBytes(purpose)
            );
        }
        catch (AuthenticationTagMismatchException exception)
        {
            throw new StartupException("The master key file does not belong to this database.", exception);
        }
        return secret;
    }
}
