#version 330
#include "plant_signs.glsl"
#include "plant_glyph.glsl"
uniform sampler2D atlas;         // distance to the glyph's edge, 0.5 on it
uniform vec4 plate;              // display rgb and alpha of what lies behind the text

in vec2 uv;
in vec2 inside;
flat in vec2 half_size;
flat in vec4 ink;
flat in float kind;
out vec4 fragment;

void main() {
    if (kind < 0.5) {
        float d = texture(atlas, uv).a - 0.5;
        float soft = clamp(d / glyph_softness(uv, atlas) + 0.5, 0.0, 1.0);
        fragment = vec4(ink.rgb, soft * ink.a);
    } else if (kind < 1.5) {
        vec2 q = abs(inside) - half_size + 5.0;
        float d = length(max(q, 0.0)) + min(max(q.x, q.y), 0.0) - 5.0;
        float aa = max(fwidth(d), 1e-4);
        float body = 1.0 - smoothstep(-1.0 - aa, -1.0, d);
        float rim = 1.0 - smoothstep(0.0, aa, abs(d + 1.0) - 0.5);
        vec3 color = mix(plate.rgb, ink.rgb, rim);
        fragment = vec4(color, max(body * plate.a, rim * 0.9) * ink.a);
    } else {
        vec2 p = inside / half_size;
        float d = sign_distance(p, kind);
        float aa = max(fwidth(d), 1e-4);
        fragment = vec4(ink.rgb, (1.0 - smoothstep(-aa, aa, d)) * ink.a);
    }
    if (fragment.a < 0.004) discard;
}
