#version 330
// Text that faces every eye, and keeps its size in the picture. Four texels a glyph, one texel a label.
uniform mat4 p3d_ModelMatrix;
uniform mat4 p3d_ViewProjectionMatrix;
uniform samplerBuffer glyphs;    // rectangle in text pixels; atlas rectangle; rgb and kind; label, unused
uniform samplerBuffer labels;    // place in the world (metres), alpha
uniform vec4 text_scale;         // a text pixel in clip space (x, y), unused

in vec4 p3d_Vertex;              // corners, 0 to 1
out vec2 uv;
out vec2 inside;                 // text pixels from the rectangle's middle
flat out vec2 half_size;
flat out vec4 ink;               // display rgb, alpha
flat out float kind;             // 0 glyph, 1 plate, 2 to 7 signs

void main() {
    int at = gl_InstanceID * 4;
    vec4 rectangle = texelFetch(glyphs, at);
    vec4 atlas = texelFetch(glyphs, at + 1);
    vec4 look = texelFetch(glyphs, at + 2);
    vec4 label = texelFetch(labels, int(texelFetch(glyphs, at + 3).x + 0.5));
    vec2 corner = mix(rectangle.xy, rectangle.zw, p3d_Vertex.xy);
    vec2 middle = 0.5 * (rectangle.xy + rectangle.zw);
    uv = mix(atlas.xy, atlas.zw, p3d_Vertex.xy);
    inside = corner - middle;
    half_size = 0.5 * (rectangle.zw - rectangle.xy);
    ink = vec4(look.rgb, label.a);
    kind = look.a;
    vec4 clip = p3d_ViewProjectionMatrix * (p3d_ModelMatrix * vec4(label.xyz, 1.0));
    clip.xy += corner * text_scale.xy * clip.w;
    gl_Position = label.a < 0.004 || clip.w <= 0.0 ? vec4(2.0, 2.0, 2.0, 1.0) : clip;
}
