namespace CheckpointRestart.Core.Tests.Vectors;

/// <summary>Integer, string, MMX and SSE instructions once more, on operands of few values.</summary>
internal static class AlikeForms
{
    const int Count = 60;
    const FormTraits Plain = FormTraits.Memory | FormTraits.Lock | FormTraits.Rep | FormTraits.Repne;

    /// <summary>The same form of an instruction in this family; none where the operands' values are no matter.</summary>
    internal static IEnumerable<VectorForm> Of(VectorForm form)
    {
        if ((form.Traits & ~Plain) == 0 && !FloatFeatures.IsX87(form.Code) && !SystemForms.Contains(form.Code)) yield return new(form.Code, form.Traits | FormTraits.Alike, Count: Count);
    }
}
