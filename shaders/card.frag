#version 330
// Shown as it was painted: display-encoded already, so neither lit nor tone-mapped.
uniform sampler2D card;
uniform vec4 card_glow;         // display rgb, strength: a frame around a card that is pointed at

in vec2 uv;
out vec4 fragment;

void main() {
#ifdef HOLE
    vec4 painted = vec4(0.0);       // the picture is left open: a layer below it shows the card
    float open = 1.0;
#else
    vec4 painted = texture(card, uv);
    float open = 0.0;
#endif
    vec2 edge = min(uv, 1.0 - uv) / fwidth(uv);
    float rim = 1.0 - smoothstep(2.0, 4.0, min(edge.x, edge.y));
    rim *= card_glow.a;
    fragment = vec4(mix(painted.rgb, card_glow.rgb, rim), max(painted.a, rim * open));
}
