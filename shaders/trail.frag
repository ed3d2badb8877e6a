#version 330
uniform vec4 playhead;          // now (s), how long the trail stays (s), strength, unused

in vec4 color;
in vec2 param;
out vec4 fragment;

void main() {
    float age = playhead.x - param.x;
    if (age < 0.0) discard;
    float fade = 1.0 - smoothstep(0.8 * playhead.y, playhead.y, age);
    float side = abs(param.y);
    float soft = 1.0 - smoothstep(1.0 - min(2.0 * fwidth(param.y), 0.95), 1.0, side);
    // A lit rim along the middle gives the ribbon body.
    vec3 body = mix(color.rgb, vec3(1.0), 0.28 * (1.0 - smoothstep(0.0, 0.55, side)));
    fragment = vec4(body, color.a * soft * fade * playhead.z);
}
