// The sun's shadow map: a comparison sampler over the box around the golfer.
uniform sampler2DShadow shadow_map;
uniform mat4 shadow_matrix;     // world to the map's texture coordinates and depth
uniform vec4 shadow_params;     // strength (0 turns it off), filter radius in texture units, normal offset in metres

float sun_visibility(vec3 world, vec3 normal) {
    if (shadow_params.x <= 0.0) return 1.0;
    vec3 at = (shadow_matrix * vec4(world + normal * shadow_params.z, 1.0)).xyz;
    vec3 inside = abs(at - 0.5);
    if (max(max(inside.x, inside.y), inside.z) > 0.5) return 1.0;
    float r = shadow_params.y;
#ifdef SHADOW_FAST
    float lit = texture(shadow_map, at);
#else
    // Four bilinear comparisons on a turned square: a soft edge without visible steps.
    float lit = texture(shadow_map, at + vec3(0.38 * r, 0.92 * r, 0.0))
              + texture(shadow_map, at + vec3(-0.92 * r, 0.38 * r, 0.0))
              + texture(shadow_map, at + vec3(-0.38 * r, -0.92 * r, 0.0))
              + texture(shadow_map, at + vec3(0.92 * r, -0.38 * r, 0.0));
    lit *= 0.25;
#endif
    return mix(1.0, lit, shadow_params.x);
}
