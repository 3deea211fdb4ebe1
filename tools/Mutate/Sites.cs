using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace CheckpointRestart.Mutate;

/// <summary>Finds what can be changed in a source: an operator, a constant, a flag, a statement.</summary>
internal sealed class Sites(SyntaxTree tree, SemanticModel model) : CSharpSyntaxWalker
{
    static readonly Dictionary<SyntaxKind, string[]> Operators = new()
    {
        [SyntaxKind.PlusToken] = ["-"],
        [SyntaxKind.MinusToken] = ["+"],
        [SyntaxKind.AsteriskToken] = ["+"],
        [SyntaxKind.SlashToken] = ["*"],
        [SyntaxKind.PercentToken] = ["/"],
        [SyntaxKind.AmpersandToken] = ["|", "^"],
        [SyntaxKind.BarToken] = ["&", "^"],
        [SyntaxKind.CaretToken] = ["&", "|"],
        [SyntaxKind.LessThanLessThanToken] = [">>"],
        [SyntaxKind.GreaterThanGreaterThanToken] = ["<<", ">>>"],
        [SyntaxKind.GreaterThanGreaterThanGreaterThanToken] = ["<<", ">>"],
        [SyntaxKind.LessThanToken] = ["<=", ">="],
        [SyntaxKind.LessThanEqualsToken] = ["<", ">"],
        [SyntaxKind.GreaterThanToken] = [">=", "<="],
        [SyntaxKind.GreaterThanEqualsToken] = [">", "<"],
        [SyntaxKind.EqualsEqualsToken] = ["!="],
        [SyntaxKind.ExclamationEqualsToken] = ["=="],
        [SyntaxKind.AmpersandAmpersandToken] = ["||"],
        [SyntaxKind.BarBarToken] = ["&&"],
        [SyntaxKind.PlusEqualsToken] = ["-="],
        [SyntaxKind.MinusEqualsToken] = ["+="],
        [SyntaxKind.AsteriskEqualsToken] = ["+="],
        [SyntaxKind.AmpersandEqualsToken] = ["|="],
        [SyntaxKind.BarEqualsToken] = ["&=", "^="],
        [SyntaxKind.CaretEqualsToken] = ["|="],
        [SyntaxKind.LessThanLessThanEqualsToken] = [">>="],
        [SyntaxKind.GreaterThanGreaterThanEqualsToken] = ["<<="],
        [SyntaxKind.OrKeyword] = ["and"],
        [SyntaxKind.PlusPlusToken] = ["--"],
        [SyntaxKind.MinusMinusToken] = ["++"],
    };

    readonly List<Mutation> found = [];
    readonly SourceText text = tree.GetText();
    Member? member;

    /// <summary>All changes of a tree, in the order of the text.</summary>
    internal static List<Mutation> Find(SyntaxTree tree, SemanticModel model)
    {
        var walker = new Sites(tree, model);
        walker.Visit(tree.GetRoot());
        return walker.found;
    }

    public override void VisitMethodDeclaration(MethodDeclarationSyntax node) => Within(node, node.Identifier.Text, () => base.VisitMethodDeclaration(node));

    public override void VisitPropertyDeclaration(PropertyDeclarationSyntax node) => Within(node, node.Identifier.Text, () => base.VisitPropertyDeclaration(node));

    public override void VisitOperatorDeclaration(OperatorDeclarationSyntax node) => Within(node, "operator " + node.OperatorToken.Text, () => base.VisitOperatorDeclaration(node));

    public override void VisitFieldDeclaration(FieldDeclarationSyntax node) => Within(node, node.Declaration.Variables[0].Identifier.Text, () => base.VisitFieldDeclaration(node));

    public override void VisitIfStatement(IfStatementSyntax node)
    {
        Negate(node.Condition);
        base.VisitIfStatement(node);
    }

    public override void VisitConditionalExpression(ConditionalExpressionSyntax node)
    {
        Negate(node.Condition);
        base.VisitConditionalExpression(node);
    }

    public override void VisitRelationalPattern(RelationalPatternSyntax node)
    {
        Swap(node.OperatorToken);
        base.VisitRelationalPattern(node);
    }

    public override void VisitBinaryPattern(BinaryPatternSyntax node)
    {
        Swap(node.OperatorToken);
        base.VisitBinaryPattern(node);
    }

    public override void VisitAttributeList(AttributeListSyntax node)
    {
    }

    // Sizes of buffers, parameters' defaults and messages are no meaning.
    public override void VisitArrayRankSpecifier(ArrayRankSpecifierSyntax node)
    {
    }

    public override void VisitThrowStatement(ThrowStatementSyntax node)
    {
    }

    public override void VisitThrowExpression(ThrowExpressionSyntax node)
    {
    }

    public override void VisitBinaryExpression(BinaryExpressionSyntax node)
    {
        Swap(node.OperatorToken);
        base.VisitBinaryExpression(node);
    }

    public override void VisitAssignmentExpression(AssignmentExpressionSyntax node)
    {
        Swap(node.OperatorToken);
        base.VisitAssignmentExpression(node);
    }

    public override void VisitPostfixUnaryExpression(PostfixUnaryExpressionSyntax node)
    {
        Swap(node.OperatorToken);
        base.VisitPostfixUnaryExpression(node);
    }

    public override void VisitPrefixUnaryExpression(PrefixUnaryExpressionSyntax node)
    {
        if (node.OperatorToken.IsKind(SyntaxKind.ExclamationToken) || node.OperatorToken.IsKind(SyntaxKind.TildeToken) || node.OperatorToken.IsKind(SyntaxKind.MinusToken)) Add(node.OperatorToken.Span, "");
        else Swap(node.OperatorToken);
        base.VisitPrefixUnaryExpression(node);
    }

    public override void VisitLiteralExpression(LiteralExpressionSyntax node)
    {
        if (node.IsKind(SyntaxKind.TrueLiteralExpression)) Add(node.Span, "false");
        else if (node.IsKind(SyntaxKind.FalseLiteralExpression)) Add(node.Span, "true");
        else if (node.Token.Value is int or uint or long or ulong) Number(node);
    }

    public override void VisitMemberAccessExpression(MemberAccessExpressionSyntax node)
    {
        if (!Constant(node)) base.VisitMemberAccessExpression(node);
    }

    public override void VisitIdentifierName(IdentifierNameSyntax node) => Constant(node);

    public override void VisitExpressionStatement(ExpressionStatementSyntax node)
    {
        if (node.Expression is AssignmentExpressionSyntax or InvocationExpressionSyntax) Add(node.Span, ";");
        base.VisitExpressionStatement(node);
    }

    void Within(MemberDeclarationSyntax node, string name, Action visit)
    {
        var outer = member;
        member = new(tree.FilePath, (node.Parent as TypeDeclarationSyntax)?.Identifier.Text + "." + name, node.SpanStart);
        visit();
        member = outer;
    }

    /// <summary>A condition that is no operator's result.</summary>
    void Negate(ExpressionSyntax condition)
    {
        if (condition is IdentifierNameSyntax or MemberAccessExpressionSyntax or InvocationExpressionSyntax) Add(condition.Span, $"!{condition}");
    }

    void Swap(SyntaxToken token)
    {
        // Right shifts of what has no sign are one and the same.
        var type = token.Parent is BinaryExpressionSyntax shift ? model.GetTypeInfo(shift.Left).Type : null;
        if (type is INamedTypeSymbol { TypeArguments: [var element] }) type = element;
        bool unsigned = type?.Name is nameof(Byte) or nameof(UInt16) or nameof(UInt32) or nameof(UInt64) or nameof(UInt128) or nameof(UIntPtr);
        if (!Operators.TryGetValue(token.Kind(), out string[]? others)) return;
        foreach (string other in others)
        {
            if (!unsigned || !other.StartsWith(">>", StringComparison.Ordinal) || !token.Text.StartsWith(">>", StringComparison.Ordinal)) Add(token.Span, other);
        }
    }

    void Number(LiteralExpressionSyntax node)
    {
        ulong value = Convert.ToUInt64(node.Token.Value, CultureInfo.InvariantCulture);
        string suffix = node.Token.Text.TrimStart('0', 'x', 'X')[^Math.Min(2, node.Token.Text.TrimStart('0', 'x', 'X').Length)..].Trim([.. "0123456789abcdefABCDEF_"]);
        Add(node.Span, (value + 1).ToString(CultureInfo.InvariantCulture) + suffix);
        if (value > 1) Add(node.Span, (value - 1).ToString(CultureInfo.InvariantCulture) + suffix);
    }

    /// <summary>A constant of ours gives way to another of the same type beside it: one flag for another.</summary>
    bool Constant(ExpressionSyntax node)
    {
        if (model.GetSymbolInfo(node).Symbol is not IFieldSymbol { HasConstantValue: true } field || !SymbolEqualityComparer.Default.Equals(field.ContainingAssembly, model.Compilation.Assembly)) return false;
        var others = field.ContainingType.GetMembers().OfType<IFieldSymbol>()
            .Where(other => other.HasConstantValue && !Equals(other.ConstantValue, field.ConstantValue) && SymbolEqualityComparer.Default.Equals(other.Type, field.Type)).ToList();
        int at = others.FindIndex(other => string.CompareOrdinal(other.Name, field.Name) > 0);
        if (others.Count > 0) Add(node.Span, node is MemberAccessExpressionSyntax access ? $"{access.Expression}.{others[Math.Max(at, 0)].Name}" : others[Math.Max(at, 0)].Name);
        return true;
    }

    void Add(TextSpan span, string replacement)
    {
        if (member == null) return;
        var line = text.Lines.GetLineFromPosition(span.Start);
        found.Add(new(member, span, text.ToString(span), replacement, line.LineNumber + 1, line.ToString().Trim()));
    }
}
