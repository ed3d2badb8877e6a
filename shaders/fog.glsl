// Distance melts into the sky at the horizon, so that the ground has no hard edge. Needs view.glsl and sky.glsl.
// It varies slowly: found at the vertices.
uniform float fog_density;  // 1/m

uniform vec3 haze_color;

// The air's own light: brighter toward the sun.
vec3 fog_color(vec3 world) {
    vec2 ray = world.xy - eye_position().xy;
    float toward_sun = max(dot(ray, sun_direction.xy) / max(length(ray), 1e-3), 0.0);
    return haze_color + sun_color * (0.10 * toward_sun * toward_sun);
}

// How much of a surface is seen through the air, 0 to 1.
float fog_clearness(vec3 world) {
    return exp(-length(world - eye_position()) * fog_density);
}
