// Distance melts into the sky at the horizon, so that the ground has no hard edge. Needs view.glsl and sky.glsl.
uniform float fog_density;  // 1/m

vec3 apply_fog(vec3 radiance, vec3 world) {
    vec3 ray = world - eye_position();
    float distance_m = length(ray);
    float clear = exp(-distance_m * fog_density);
    vec3 toward = vec3(ray.xy, 0.0) / max(length(ray.xy), 1e-3);
    return mix(sky_radiance(toward), radiance, clear);
}
