// Metal-roughness shading: one sun (GGX) and a sky-and-ground hemisphere. Needs sky.glsl.
uniform vec3 sky_light;      // ambient from above
uniform vec3 ground_light;   // ambient bounced from the grass

// Specular reflectance of the sun: GGX distribution, Schlick's Fresnel, and the height-correlated visibility term in
// its cheap form (Walter et al. 2007; Lazarov 2013).
vec3 sun_specular(vec3 f0, float roughness, float n_l, float n_h, float v_h) {
    float a = roughness * roughness;
    float a2 = a * a;
    float d = n_h * n_h * (a2 - 1.0) + 1.0;
    float distribution = a2 / (3.14159 * d * d);
    float m = 1.0 - v_h;
    float m2 = m * m;
    vec3 fresnel = f0 + (1.0 - f0) * (m2 * m2 * m);
    float visibility = 0.25 / (v_h * v_h * (1.0 - 0.25 * a2) + 0.25 * a2);
    return fresnel * (distribution * visibility * n_l);
}

vec3 shade(vec3 albedo, float roughness, float metallic, vec3 normal, vec3 to_eye, float lit, float height_m) {
    float n_l = max(dot(normal, sun_direction), 0.0);
    float n_v = max(dot(normal, to_eye), 0.0);
    vec3 half_way = normalize(sun_direction + to_eye);
    float n_h = max(dot(normal, half_way), 0.0);
    float v_h = max(dot(to_eye, half_way), 0.0);
    vec3 f0 = mix(vec3(0.04), albedo, metallic);
    vec3 diffuse = albedo * (1.0 - metallic);

    vec3 radiance = sun_color * lit * (diffuse * n_l + sun_specular(f0, max(roughness, 0.08), n_l, n_h, v_h));

    // Close to the ground less of the sky is seen; it seats the feet.
    float open = 0.55 + 0.45 * smoothstep(-0.02, 0.45, height_m);
    float up = normal.z * 0.5 + 0.5;
    vec3 ambient = mix(ground_light, sky_light * open, up);
    float edge = 1.0 - n_v;
    float edge2 = edge * edge;
    vec3 glancing = f0 + (max(vec3(1.0 - roughness), f0) - f0) * (edge2 * edge2 * edge);
    vec3 mirror = reflect(-to_eye, normal);
    vec3 around = mix(ground_light, mix(horizon_color, zenith_color, max(mirror.z, 0.0)),
                      smoothstep(-0.25 - 0.5 * roughness, 0.25 + 0.5 * roughness, mirror.z));
    return radiance + diffuse * ambient + glancing * around * (1.0 - 0.6 * roughness) * open;
}
