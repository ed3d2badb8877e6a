// How much a glyph's distance changes over a pixel: an eighth a texel, as the atlas is made. Found from where it is
// sampled and not from the samples, which at a cell's edge may be a neighbour's.
float glyph_softness(vec2 uv, sampler2D atlas) {
    vec2 texels = fwidth(uv) * vec2(textureSize(atlas, 0));
    return max(0.125 * 0.6 * max(texels.x, texels.y), 1e-3);
}
