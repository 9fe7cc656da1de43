using System.Text;
using Vibe.Cases.CSharp;

if (args is ["runner"])
{
    var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
    using var input = new StreamReader(Console.OpenStandardInput(), utf8);
    await using var output = new StreamWriter(Console.OpenStandardOutput(), utf8);
    await new CaseRunner(input, output).RunAsync();
    return 0;
}

return await Vibe.Cases.CasesCommand.Build().Parse(args).InvokeAsync();
