using System.Security.Cryptography.X509Certificates;
using System.Text;
using Vibe.Cases;
using Vibe.Cases.CSharp;
using Vibe.Cases.Programs;
using Vibe.Cases.Raw;

if (args is ["runner", ..])
{
    var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
    using var input = new StreamReader(Console.OpenStandardInput(), utf8);
    await using var output = new StreamWriter(Console.OpenStandardOutput(), utf8);
    RunnerProgram runner = args switch
    {
        ["runner", var door] => new RawRunner(input, output, new RawDoor(door, authority: null)),
        ["runner", var door, var authority] => new RawRunner(
            input,
            output,
            new RawDoor(door, X509CertificateLoader.LoadCertificateFromFile(authority))
        ),
        _ => new CaseRunner(input, output),
    };
    await runner.RunAsync();
    return 0;
}

return await CasesCommand.Build().Parse(args).InvokeAsync();
